-- Notes fields of a backfill that decide nothing. It is kept no longer for that: one that is stuck
-- is complained of each minute. Without any field it is kept on.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, then field and value of each
-- Returns 1, or 0 where there is no such backfill
if redis.call('EXISTS', backfill_key(ARGV[2])) == 0 then return 0 end
if #ARGV > 2 then
  redis.call('HSET', backfill_key(ARGV[2]), unpack(ARGV, 3))
else
  touch(ARGV[2], ARGV[1], now_ms())
end
return 1
