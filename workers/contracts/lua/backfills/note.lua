-- Notes fields of a backfill that decide nothing. It is kept no longer for that: one that is stuck
-- is complained of each minute.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s; not used), id, then field and value of each
-- Returns 1, or 0 where there is no such backfill
if redis.call('EXISTS', backfill_key(ARGV[2])) == 0 then return 0 end
redis.call('HSET', backfill_key(ARGV[2]), unpack(ARGV, 3))
return 1
