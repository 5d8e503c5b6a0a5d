-- Shared by the scripts that accept questions, below prelude.lua.
local waiting = {}

-- Whether a lane holds as many questions as it may.
local function is_full(lane, limit)
  waiting[lane] = waiting[lane] or redis.call('XLEN', lane_key(lane))
  return waiting[lane] >= limit
end

-- Writes a new question: its record, its place in the lane, its deadline (ms, or ""). The caller
-- calls count_all.
local function accept(id, request, lane, callback, expires)
  local entry = redis.call('XADD', lane_key(lane), '*', 'q', id)
  redis.call('HSET', question_key(id), 'request', request, 'lane', lane, 'entry', entry,
    'status', 'queued', 'callback', callback)
  if expires ~= '' then
    redis.call('ZADD', DEADLINES, expires, id)
  end
  if waiting[lane] then waiting[lane] = waiting[lane] + 1 end
  count('accepted:' .. lane, 1)
end

