-- Gives a claimed conversation back: any attendant may claim it, or with "close" it is done. The
-- assistant answers again.
-- KEYS: none (named by ARGV)
-- ARGV: conversation, attendant, "release"|"close"
-- Returns who has it where that is another attendant: then nothing changed; "" where it was done;
--   nil where there is no such conversation
local id = ARGV[1]
local key = conversation_key(id)
if not exists(id) then return nil end
local c = redis.call('HMGET', key, 'attendant', 'tenant', 'handoff_since')
if c[1] and c[1] ~= ARGV[2] then return c[1] end
if c[1] or ARGV[3] == 'close' then
  redis.call('HDEL', key, 'attendant', 'paused_until', 'paused_by')
end
if ARGV[3] == 'close' then
  redis.call('HDEL', key, 'handoff_since', 'handoff_reason')
  redis.call('ZREM', handoffs_key(c[2]), id)
end
return ''
