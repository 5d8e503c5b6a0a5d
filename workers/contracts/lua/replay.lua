-- Gives a dead delivery all its attempts again; its record is kept until they are used up. What is
-- known of its message's fate is forgotten: whoever replays it wants it sent once more.
-- KEYS: question hash
-- ARGV: id, tenant whose question it must be ("" for any)
-- Returns the state that the delivery had: "dead" where it was replayed, else nothing changed;
-- nil where the tenant has no such question
local tenant = tenant_of(KEYS[1])
if redis.call('EXISTS', KEYS[1]) == 0 then
  unlist_dead(ARGV[1], ARGV[2] ~= '' and ARGV[2] or nil)
  return nil
end
if ARGV[2] ~= '' and tenant ~= ARGV[2] then
  return nil
end
local state = redis.call('HGET', KEYS[1], 'delivery') or 'none'
unlist_dead(ARGV[1], tenant)
if state ~= 'dead' then
  return state
end
local send = send_key(ARGV[1])
if redis.call('EXISTS', send) == 1 then
  redis.call('HSET', send, 'state', 'open')
  redis.call('HDEL', send, 'moved', 'template', 'resent', 'code')
end
redis.call('PERSIST', KEYS[1])
redis.call('HSET', KEYS[1], 'delivery', 'pending', 'delivery_attempts', 0)
redis.call('ZADD', OUTBOX, now_ms(), ARGV[1])
redis.call('HINCRBY', COUNTERS, 'delivery:replayed', 1)
return state
