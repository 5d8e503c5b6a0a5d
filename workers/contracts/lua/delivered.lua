-- Records one delivery attempt and what follows from it. One that went well, of a message that was
-- told of as failed meanwhile, is due again at once.
-- KEYS: question hash
-- ARGV: id, "delivered"|"pending"|"dropped"|"dead", detail, delay until the next attempt (ms),
--       retention (s), attempts kept
-- Returns 1, or 0 where no delivery was pending: then nothing changed
if redis.call('HGET', KEYS[1], 'delivery') ~= 'pending' then
  redis.call('ZREM', OUTBOX, ARGV[1])
  return 0
end
local ms, state = now_ms(), ARGV[2]
if state == 'delivered' and redis.call('HGET', send_key(ARGV[1]), 'state') == 'failed' then
  state = 'pending'
end
local readable, log = pcall(cjson.decode, redis.call('HGET', KEYS[1], 'deliveries') or '[]')
if not readable or type(log) ~= 'table' then log = {} end -- a broken log must not stop the end
log[#log + 1] = {at = tonumber(seconds(ms)), ok = state == 'delivered', detail = ARGV[3]}
while #log > tonumber(ARGV[6]) do table.remove(log, 1) end
redis.call('HINCRBY', KEYS[1], 'delivery_attempts', 1)
redis.call('HSET', KEYS[1], 'delivery', state, 'deliveries', cjson.encode(log))
redis.call('HDEL', KEYS[1], 'ticket')
redis.call('HINCRBY', COUNTERS, 'delivery:' .. (state == 'pending' and 'retried' or state), 1)
if state == 'pending' then
  redis.call('ZADD', OUTBOX, ms + ARGV[4], ARGV[1])
else
  redis.call('ZREM', OUTBOX, ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[5])
  if state == 'dead' then
    local tenant, gone = tenant_of(KEYS[1]), ms - ARGV[5] * 1000 -- records before it have expired
    list_dead(ARGV[1], tenant, ms, ARGV[5])
    redis.call('ZREMRANGEBYSCORE', DEAD, '-inf', gone)
    if tenant then redis.call('ZREMRANGEBYSCORE', dead_key(tenant), '-inf', gone) end
  end
end
return 1
