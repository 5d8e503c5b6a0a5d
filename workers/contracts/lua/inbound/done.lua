-- Takes a post that was read off the stream: what was counted and kept aside of it goes with it, all
-- or none, so that a post that is read twice is counted once.
-- KEYS: inbound, inbound-aside; see inbound/shared.lua
-- ARGV: group, entry, most that is kept aside, its time to live (s), number of counts,
--       then name and number of each count, then what is kept aside
-- Returns 1, or 0 where another worker has taken it off before
local FIRST, OLD_AT_ONCE = 6, 200
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[2])
local channel = redis.call('HGET', INBOUND_MAIL, ARGV[2])
if channel then
  redis.call('HDEL', INBOUND_MAIL, ARGV[2])
  if redis.call('HINCRBY', INBOUND_MAIL_OF, channel, -1) <= 0 then
    redis.call('HDEL', INBOUND_MAIL_OF, channel)
  end
end
local last = FIRST + 2 * tonumber(ARGV[5]) - 1
for i = FIRST, last, 2 do redis.call('HINCRBY', COUNTERS, ARGV[i], ARGV[i + 1]) end
if #ARGV > last then
  for i = last + 1, #ARGV do redis.call('LPUSH', KEYS[2], ARGV[i]) end
  redis.call('LTRIM', KEYS[2], 0, ARGV[3] - 1)
  redis.call('EXPIRE', KEYS[2], ARGV[4])
  local oldest = now_ms() / 1000 - ARGV[4]
  for _ = 1, OLD_AT_ONCE do -- the list lives on, what is too old in it does not
    local readable, item = pcall(cjson.decode, redis.call('LINDEX', KEYS[2], -1) or '')
    if not readable or item.at >= oldest then break end
    redis.call('RPOP', KEYS[2])
  end
end
return 1
