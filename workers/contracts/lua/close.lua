-- Ends a question that nobody has answered: cancelled by its asker, or expired.
-- KEYS: question hash
-- ARGV: group, id, new status, outcome JSON, retention (s), statuses it may have now ("a,b")
-- Returns the status that the question has now, or nil where there is none (or its record is damaged)
local NEXT_SWEEP_MS = 10000
local DEAD_MS = 120000 -- of a claim that nobody renews: workers do so every 10 s
local status = redis.pcall('HGET', KEYS[1], 'status')
if type(status) ~= 'string' then
  redis.call('ZREM', DEADLINES, ARGV[2])
  return nil
end

-- Whether the worker that claimed it is gone and none has taken it over: then it waits like any other.
local function is_abandoned()
  local q = redis.call('HMGET', KEYS[1], 'lane', 'entry')
  local claims = redis.call('XPENDING', lane_key(q[1]), ARGV[1], q[2], q[2], 1)
  return not claims[1] or claims[1][3] >= DEAD_MS
end

local now = status
if ARGV[3] == 'expired' and status == 'claimed' and is_abandoned() then now = 'queued' end
if string.find(',' .. ARGV[6] .. ',', ',' .. now .. ',', 1, true)
  and allowed(status, ARGV[3]) then
  finish(KEYS[1], ARGV[2], ARGV[1], ARGV[3], ARGV[4], ARGV[5], now_ms())
  count_all()
  return ARGV[3]
end
-- A claimed question may outlive its deadline by the length of its generation: the sweep meets it
-- again later, so that it hides none of those that wait.
redis.call('ZADD', DEADLINES, 'XX', now_ms() + NEXT_SWEEP_MS, ARGV[2])
return status
