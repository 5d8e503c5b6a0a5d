-- Asks whether one message may be sent now, and takes what it costs of the limits.
-- KEYS: pace of the number, pair's hash, answers of the contact's day
-- ARGV: channel, fingerprint of its token, messages a second of the number, its burst,
--       ms between two messages to a contact, their burst, answers a day (0: no limit),
--       ms until a paused channel is tried again, "{channel}:{month}:", billed cap (0: none),
--       "1" for a template, ms until one that waits for a paused channel looks again, ms between
--       two of them
-- Returns {"go"|"wait"|"paused"|"resumed"|"capped"|"costly"|"no_templates", ms to wait};
--   `resumed` is a `go`: the token has been changed since the channel was paused
local ms = now_ms()
local KEPT_SECONDS = 2 * 24 * 3600 -- longer than the day that answers are counted for
local go = 'go'

-- Of a paused channel one message is let through now and then: it tells whether it works again.
local function pause_left()
  local raw = redis.call('HGET', PAUSED_CHANNELS, ARGV[1])
  local readable, pause = pcall(cjson.decode, raw or '')
  if not readable or type(pause) ~= 'table' then return 0 end
  if pause.token ~= ARGV[2] then
    redis.call('HDEL', PAUSED_CHANNELS, ARGV[1])
    redis.call('HDEL', KEYS[1], 'next_look')
    go = 'resumed'
    return 0
  end
  if pause.probe_at > ms then return pause.probe_at - ms end
  pause.probe_at = ms + tonumber(ARGV[8])
  redis.call('HSET', PAUSED_CHANNELS, ARGV[1], cjson.encode(pause))
  return 0
end

-- Tokens in a bucket now, and ms until it holds one and nothing else is waited for.
local function bucket(key, each, burst)
  local b = redis.call('HMGET', key, 'tokens', 'at', 'wait_until')
  local tokens = math.min(burst, tonumber(b[1] or burst) + (ms - tonumber(b[2] or ms)) / each)
  local wait = math.max(tonumber(b[3] or 0) - ms, tokens < 1 and math.ceil((1 - tokens) * each) or 0)
  return tokens, wait
end

local function take(key, tokens, kept)
  redis.call('HSET', key, 'tokens', string.format('%.6f', tokens - 1), 'at', ms)
  redis.call('EXPIRE', key, kept)
end

local each, burst = 1000 / tonumber(ARGV[3]), tonumber(ARGV[4])
local pair_each, pair_burst = tonumber(ARGV[5]), tonumber(ARGV[6])
if ARGV[7] ~= '0' and tonumber(redis.call('GET', KEYS[3]) or 0) >= tonumber(ARGV[7]) then
  return {'capped', 0}
end
if ARGV[10] ~= '0' and billed_in(ARGV[9]) >= tonumber(ARGV[10]) then return {'costly', 0} end
if ARGV[11] == '1' and tonumber(redis.call('HGET', KEYS[1], 'no_templates_until') or 0) > ms then
  return {'no_templates', 0}
end
local tokens, wait = bucket(KEYS[1], each, burst)
local pair_tokens, pair_wait = bucket(KEYS[2], pair_each, pair_burst)
if wait > 0 or pair_wait > 0 then return {'wait', math.max(wait, pair_wait)} end
local left = pause_left()
if left > 0 then return {'paused', look_again(KEYS[1], ARGV[12], ARGV[13], ms)} end
take(KEYS[1], tokens, KEPT_SECONDS)
take(KEYS[2], pair_tokens, KEPT_SECONDS)
redis.call('INCR', KEYS[3])
redis.call('EXPIRE', KEYS[3], KEPT_SECONDS)
return {go, 0}
