-- Writes an errand. One that is there, was done or given up stays as it is.
-- KEYS: none (named by ARGV)
-- ARGV: channel, hash of the errand's id, errand JSON, kind, conversation or "", seconds that it is kept
-- Returns 1, or 0 where it was there
local key = errand_key(ARGV[1], ARGV[2])
if redis.call('EXISTS', key) == 1 then return 0 end
redis.call('HSET', key, 'errand', ARGV[3], 'kind', ARGV[4])
if ARGV[5] ~= '' then redis.call('HSET', key, 'conversation', ARGV[5]) end
redis.call('EXPIRE', key, ARGV[6])
redis.call('ZADD', errands_key(ARGV[1]), now_ms(), ARGV[2])
return 1
