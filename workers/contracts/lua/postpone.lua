-- Puts a delivery back that was begun and not attempted: it counts as no attempt.
-- KEYS: question hash
-- ARGV: id, delay until it is due (ms)
-- Returns 1, or 0 where no delivery was pending
if redis.call('HGET', KEYS[1], 'delivery') ~= 'pending' then
  return 0
end
redis.call('ZADD', OUTBOX, now_ms() + ARGV[2], ARGV[1])
return 1
