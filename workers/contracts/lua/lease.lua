-- Leases deliveries that are due: until the lease ends nobody else gets them, and one whose task was
-- lost is then due again. Each lease leaves one ticket, which begin.lua takes: a task
-- that was sent twice delivers once.
-- KEYS: outbox
-- ARGV: lease (ms), most
-- Returns question ids
local ms = now_ms()
local ids = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ms, 'LIMIT', 0, ARGV[2])) do
  if redis.pcall('HGET', question_key(id), 'delivery') == 'pending' then
    redis.call('HSET', question_key(id), 'ticket', '1')
    redis.call('ZADD', KEYS[1], ms + ARGV[1], id)
    ids[#ids + 1] = id
  else
    redis.call('ZREM', KEYS[1], id) -- gone or damaged: nothing is left to deliver
  end
end
return ids
