-- Has a summary sent, once for each moment; one that was not sent yet is replaced. One of nothing is
-- noted alone: its moment is over.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, moment, text JSON or "" where there is nothing to send
-- Returns 1, or 0 where this moment or a later one has its summary
local id, ms = ARGV[2], now_ms()
local key = backfill_key(id)
local last = redis.call('HGET', key, 'summary_moment')
if redis.call('EXISTS', key) == 0 or (last and tonumber(last) >= tonumber(ARGV[3])) then return 0 end
redis.call('HSET', key, 'summary_moment', ARGV[3], 'summary_results', numbers_of(id, 'results'))
if ARGV[4] ~= '' then
  redis.call('HSET', key, 'summary_text', ARGV[4], 'summary_tries', 0, 'summary_at', seconds(ms))
  redis.call('ZADD', SUMMARIES, ms, id)
end
touch(id, ARGV[1], ms)
return 1
