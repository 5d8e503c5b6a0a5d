-- Keeps what was made of a backfill's results.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, "report"|"pairs", bytes, number of the newest result in it
-- Returns 1, or 0 where there is no such backfill
if redis.call('EXISTS', backfill_key(ARGV[2])) == 0 then return 0 end
redis.call('HSET', report_key(ARGV[2]), ARGV[3], ARGV[4], ARGV[3] .. '_number', ARGV[5])
touch(ARGV[2], ARGV[1], now_ms())
return 1
