-- Begins one delivery attempt: takes the lease's ticket, and holds the delivery meanwhile.
-- KEYS: question hash
-- ARGV: id, longest time of an attempt (ms)
-- Returns 1, or 0 where another task has it or nothing is pending: then nothing changed
if redis.call('HGET', KEYS[1], 'delivery') ~= 'pending'
  or redis.call('HDEL', KEYS[1], 'ticket') == 0 then
  return 0
end
redis.call('ZADD', OUTBOX, now_ms() + ARGV[2], ARGV[1])
return 1
