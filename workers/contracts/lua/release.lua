-- Gives a claim back unanswered: any worker may take it over at once, and it does not count towards
-- poison.
-- KEYS: question hash, lane stream
-- ARGV: group, worker, entry, attempt
-- Returns 1, or 0 where the claim is no longer the caller's
local q = redis.call('HMGET', KEYS[1], 'status', 'attempt')
if q[1] ~= 'claimed' or q[2] ~= ARGV[4] then
  return 0
end
redis.call('HSET', KEYS[1], 'status', 'queued')
redis.call('HDEL', KEYS[1], 'worker', 'claimed_at')
redis.call('HINCRBY', KEYS[1], 'released', 1)
redis.call('XCLAIM', KEYS[2], ARGV[1], ARGV[2], 0, ARGV[3], 'IDLE', 86400000, 'JUSTID')
return 1
