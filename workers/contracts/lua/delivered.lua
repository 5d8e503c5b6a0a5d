-- Records one delivery attempt and what follows from it.
-- KEYS: question hash
-- ARGV: id, "delivered"|"pending"|"dead", detail, delay until the next attempt (ms),
--       retention (s), attempts kept
-- Returns 1, or 0 where no delivery was pending: then nothing changed
if redis.call('HGET', KEYS[1], 'delivery') ~= 'pending' then
  redis.call('ZREM', OUTBOX, ARGV[1])
  return 0
end
local ms = now_ms()
local readable, log = pcall(cjson.decode, redis.call('HGET', KEYS[1], 'deliveries') or '[]')
if not readable or type(log) ~= 'table' then log = {} end -- a broken log must not stop the end
log[#log + 1] = {at = tonumber(seconds(ms)), ok = ARGV[2] == 'delivered', detail = ARGV[3]}
while #log > tonumber(ARGV[6]) do table.remove(log, 1) end
redis.call('HINCRBY', KEYS[1], 'delivery_attempts', 1)
redis.call('HSET', KEYS[1], 'delivery', ARGV[2], 'deliveries', cjson.encode(log))
redis.call('HDEL', KEYS[1], 'ticket')
redis.call('HINCRBY', COUNTERS, 'delivery:' .. (ARGV[2] == 'pending' and 'retried' or ARGV[2]), 1)
if ARGV[2] == 'pending' then
  redis.call('ZADD', OUTBOX, ms + ARGV[4], ARGV[1])
else
  redis.call('ZREM', OUTBOX, ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[5])
  if ARGV[2] == 'dead' then
    local tenant, gone = tenant_of(KEYS[1]), ms - ARGV[5] * 1000 -- records before it have expired
    list_dead(ARGV[1], tenant, ms, ARGV[5])
    redis.call('ZREMRANGEBYSCORE', DEAD, '-inf', gone)
    if tenant then redis.call('ZREMRANGEBYSCORE', dead_key(tenant), '-inf', gone) end
  end
end
return 1
