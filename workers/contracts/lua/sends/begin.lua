-- Begins a request that sends a message: what comes of it is unknown until something says so.
-- KEYS: send hash
-- ARGV: attempt that the caller saw, "1" where a message of unknown fate is sent once more,
--       channel, address, "1" for a template, retention (s), mark of the text
-- Returns the new attempt, or 0 where it is no longer to be sent: then nothing changed
local s = redis.call('HMGET', KEYS[1], 'attempt', 'state', 'resent')
if (s[1] or '0') ~= ARGV[1] then return 0 end
local unclear = s[2] == 'sending' or s[2] == 'ambiguous'
if unclear and (ARGV[2] ~= '1' or s[3]) or not unclear and s[2] and s[2] ~= 'open' then return 0 end
if unclear then
  redis.call('HSET', KEYS[1], 'resent', '1')
  count('sends:resent', 1)
end
redis.call('HSET', KEYS[1], 'channel', ARGV[3], 'state', 'sending', 'since', now_ms(),
  'address', ARGV[4], 'text', ARGV[7])
if ARGV[5] == '1' then redis.call('HSET', KEYS[1], 'template', '1') end
redis.call('HDEL', KEYS[1], 'code')
redis.call('EXPIRE', KEYS[1], ARGV[6])
count_all()
return redis.call('HINCRBY', KEYS[1], 'attempt', 1)
