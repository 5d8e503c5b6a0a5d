-- Leases the next summary that is due.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), lease (ms)
-- Returns {id, tenant, moment, text, tries, when it was noted}, or nil
local ms = now_ms()
for _, id in ipairs(redis.call('ZRANGEBYSCORE', SUMMARIES, '-inf', ms, 'LIMIT', 0, 100)) do
  local key = backfill_key(id)
  local s = redis.pcall('HMGET', key, 'tenant', 'summary_moment', 'summary_text', 'summary_at')
  if s[1] and s[2] then
    redis.call('ZADD', SUMMARIES, ms + ARGV[2], id)
    local tries = redis.call('HINCRBY', key, 'summary_tries', 1)
    return {id, s[1], s[2], s[3], tostring(tries), s[4]}
  end
  redis.call('ZREM', SUMMARIES, id) -- the backfill is gone, or damaged
end
return nil
