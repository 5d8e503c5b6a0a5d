-- Lets everybody wait who sends from a number, or to one contact: 4^X s after the Xth refusal in a
-- row. Refusals of messages that were on their way together count once.
-- KEYS: pace of the number, or pair's hash
-- ARGV: longest wait (ms)
-- Returns ms to wait
local KEPT_SECONDS = 2 * 24 * 3600
local ms = now_ms()
local until_ms = tonumber(redis.call('HGET', KEYS[1], 'wait_until') or 0)
if until_ms > ms then return until_ms - ms end
local refusals = redis.call('HINCRBY', KEYS[1], 'refusals', 1)
local wait = math.min(1000 * 4 ^ math.min(refusals - 1, 10), tonumber(ARGV[1]))
redis.call('HSET', KEYS[1], 'wait_until', ms + wait)
redis.call('EXPIRE', KEYS[1], KEPT_SECONDS)
return wait
