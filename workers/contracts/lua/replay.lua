-- Gives a dead delivery all its attempts again; its record is kept until they are used up.
-- KEYS: question hash
-- ARGV: id
-- Returns 1, or 0 where the delivery is not dead
local state = redis.call('HGET', KEYS[1], 'delivery')
if state ~= 'dead' then
  redis.call('ZREM', DEAD, ARGV[1])
  return 0
end
redis.call('PERSIST', KEYS[1])
redis.call('HSET', KEYS[1], 'delivery', 'pending', 'delivery_attempts', 0)
redis.call('ZREM', DEAD, ARGV[1])
redis.call('ZADD', OUTBOX, now_ms(), ARGV[1])
redis.call('HINCRBY', COUNTERS, 'delivery:replayed', 1)
return 1
