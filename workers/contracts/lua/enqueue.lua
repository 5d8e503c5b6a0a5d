-- Accepts questions, each for itself: record, lane entry, idempotency key and deadline, all or none.
-- KEYS: none (records, lanes and idempotency keys are named by ARGV)
-- ARGV: lane's limit, idempotency's time to live (s), then for each question:
--       id, request JSON, lane, callback "1"|"0", expires_at (ms or ""),
--       idempotency string's key ("" without one), digest of the request
-- Returns a row for each: {"created"|"repeated"|"conflict", id, status now or ""} or
--   {"full", waiting, ""}
local FIRST, EACH = 3, 7
local limit = tonumber(ARGV[1])
local waiting, accepted = {}, {}

local function accept(id, request, lane, callback, expires, name, digest)
  local key = question_key(id)
  if redis.call('EXISTS', key) == 1 then
    return {'created', id, redis.call('HGET', key, 'status')} -- the same call, sent again
  end
  if name ~= '' then
    local seen = redis.call('GET', name)
    if seen then
      local known, first = string.match(seen, '^(%x+):(.+)$')
      local status = redis.call('HGET', question_key(first), 'status') or ''
      return {known == digest and 'repeated' or 'conflict', first, status}
    end
  end
  waiting[lane] = waiting[lane] or redis.call('XLEN', lane_key(lane))
  if waiting[lane] >= limit then
    return {'full', tostring(waiting[lane]), ''}
  end
  local entry = redis.call('XADD', lane_key(lane), '*', 'q', id)
  redis.call('HSET', key, 'request', request, 'lane', lane, 'entry', entry,
    'status', 'queued', 'callback', callback)
  if expires ~= '' then
    redis.call('ZADD', DEADLINES, expires, id)
  end
  if name ~= '' then
    redis.call('SET', name, digest .. ':' .. id, 'EX', ARGV[2])
  end
  waiting[lane] = waiting[lane] + 1
  accepted[lane] = (accepted[lane] or 0) + 1
  return {'created', id, 'queued'}
end

-- A question that fails, because one of its keys holds a value of another type, ends the call with
-- its error; those before it stay accepted, so they are counted.
local rows = {}
local good, failure = pcall(function()
  for i = FIRST, #ARGV, EACH do
    rows[#rows + 1] = accept(unpack(ARGV, i, i + EACH - 1))
  end
end)
for lane, count in pairs(accepted) do
  redis.call('HINCRBY', COUNTERS, 'accepted:' .. lane, count)
end
return good and rows or redis.error_reply(failure)
