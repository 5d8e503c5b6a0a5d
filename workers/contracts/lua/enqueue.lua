-- Accepts questions, each for itself: record, lane entry, idempotency key and deadline, all or none.
-- KEYS: none (records, lanes and idempotency keys are named by ARGV)
-- ARGV: lane's limit, idempotency's time to live (s), then for each question:
--       id, request JSON, lane, callback "1"|"0", expires_at (ms or ""),
--       idempotency string's key ("" without one), digest of the request
-- Returns a row for each: {"created"|"repeated"|"conflict", id, status now or ""} or
--   {"full", waiting, ""}
local FIRST, EACH = 3, 7
local limit = tonumber(ARGV[1])

local function enqueue(id, request, lane, callback, expires, name, digest)
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
  if is_full(lane, limit) then
    return {'full', tostring(waiting[lane]), ''}
  end
  accept(id, request, lane, callback, expires)
  if name ~= '' then
    redis.call('SET', name, digest .. ':' .. id, 'EX', ARGV[2])
  end
  return {'created', id, 'queued'}
end

-- A question that fails, because one of its keys holds a value of another type, ends the call with
-- its error; those before it stay accepted, so they are counted.
local rows = {}
local good, failure = pcall(function()
  for i = FIRST, #ARGV, EACH do
    rows[#rows + 1] = enqueue(unpack(ARGV, i, i + EACH - 1))
  end
end)
count_all()
return good and rows or redis.error_reply(failure)
