-- Ends a summary, or has it tried again later.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, moment (the fence), new text JSON, ms until it is due again (-1: it is ended)
-- Returns 1, or 0 where a newer one has taken its place
local key = backfill_key(ARGV[2])
if redis.call('HGET', key, 'summary_moment') ~= ARGV[3] then return 0 end
if ARGV[5] == '-1' then
  redis.call('ZREM', SUMMARIES, ARGV[2])
  redis.call('HDEL', key, 'summary_text')
else
  redis.call('HSET', key, 'summary_text', ARGV[4])
  redis.call('ZADD', SUMMARIES, now_ms() + ARGV[5], ARGV[2])
end
return 1
