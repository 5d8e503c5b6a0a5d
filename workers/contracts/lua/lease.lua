-- Leases deliveries that are due: until the lease ends nobody else gets them; a delivery whose
-- task is lost is due again after it.
-- KEYS: outbox
-- ARGV: lease (ms), most
-- Returns question ids
local ms = now_ms()
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ms, 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do
  redis.call('ZADD', KEYS[1], ms + ARGV[1], id)
end
return ids
