-- Takes a post that was read off the stream: what was counted and kept aside of it goes with it, all
-- or none, so that a post that is read twice is counted once.
-- KEYS: inbound, inbound-aside (list: JSON of what could not be read, the newest first)
-- ARGV: group, entry, most that is kept aside, its time to live (s), number of counts,
--       then name and number of each count, then what is kept aside
-- Returns 1, or 0 where another worker has taken it off before
local FIRST = 6
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[2])
local last = FIRST + 2 * tonumber(ARGV[5]) - 1
for i = FIRST, last, 2 do redis.call('HINCRBY', COUNTERS, ARGV[i], ARGV[i + 1]) end
if #ARGV > last then
  for i = last + 1, #ARGV do redis.call('LPUSH', KEYS[2], ARGV[i]) end
  redis.call('LTRIM', KEYS[2], 0, ARGV[3] - 1)
  redis.call('EXPIRE', KEYS[2], ARGV[4])
end
return 1
