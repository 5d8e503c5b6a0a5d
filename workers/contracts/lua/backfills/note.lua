-- Notes fields of a backfill that decide nothing; without any it is kept on alone.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, then field and value of each
-- Returns 1, or 0 where there is no such backfill
if redis.call('EXISTS', backfill_key(ARGV[2])) == 0 then return 0 end
if #ARGV > 2 then redis.call('HSET', backfill_key(ARGV[2]), unpack(ARGV, 3)) end
touch(ARGV[2], ARGV[1], now_ms())
return 1
