-- Pauses a channel whose token or account is refused, until its token is changed or a message gets
-- through again.
-- KEYS: pace of the number
-- ARGV: channel, code, reason, fingerprint of the token, ms until it is tried again, ms until one that
--       waits for it looks again, ms between two of them
-- Returns {1 where it was not paused before, else 0; ms until this one looks again}
local raw = redis.call('HGET', PAUSED_CHANNELS, ARGV[1])
local readable, before = pcall(cjson.decode, raw or '')
local known = readable and type(before) == 'table' and before.token == ARGV[4]
local ms = now_ms()
redis.call('HSET', PAUSED_CHANNELS, ARGV[1], cjson.encode({
  code = tonumber(ARGV[2]), reason = ARGV[3], token = ARGV[4], probe_at = ms + tonumber(ARGV[5]),
  since = known and before.since or tonumber(seconds(ms)),
}))
return {known and 0 or 1, look_again(KEYS[1], ARGV[6], ARGV[7], ms)}
