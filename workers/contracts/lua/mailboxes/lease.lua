-- Leases a mailbox to one holder for a time. The holder himself may have it anew: his earlier token is
-- void then.
-- KEYS: none (named by ARGV)
-- ARGV: channel, holder, how long (ms)
-- Returns the fencing token, or 0 where another one holds it
local key, ms = mailbox_key(ARGV[1]), now_ms()
local m = redis.call('HMGET', key, 'until', 'holder')
if tonumber(m[1] or 0) > ms and m[2] ~= ARGV[2] then return 0 end
redis.call('HSET', key, 'holder', ARGV[2], 'until', ms + ARGV[3])
return redis.call('HINCRBY', key, 'token', 1)
