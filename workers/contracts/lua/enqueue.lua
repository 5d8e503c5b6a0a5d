-- Accepts a question: record, lane entry, idempotency key and deadline, all or none.
-- KEYS: question hash, lane stream, idempotency string (absent without a key)
-- ARGV: id, request JSON, lane, callback "1"|"0", expires_at (ms or ""), lane's limit,
--       digest of the request, idempotency's time to live (s)
-- Returns {"created"|"repeated"|"conflict", id, status now or ""} or {"full", waiting, ""}
if KEYS[3] then
  local seen = redis.call('GET', KEYS[3])
  if seen then
    local digest, id = string.match(seen, '^(%x+):(.+)$')
    local status = redis.call('HGET', question_key(id), 'status') or ''
    return {digest == ARGV[7] and 'repeated' or 'conflict', id, status}
  end
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  return {'created', ARGV[1], redis.call('HGET', KEYS[1], 'status')} -- the same call, sent again
end
local waiting = redis.call('XLEN', KEYS[2])
if waiting >= tonumber(ARGV[6]) then
  return {'full', tostring(waiting), ''}
end
local entry = redis.call('XADD', KEYS[2], '*', 'q', ARGV[1])
redis.call('HSET', KEYS[1], 'request', ARGV[2], 'lane', ARGV[3], 'entry', entry,
  'status', 'queued', 'callback', ARGV[4])
if ARGV[5] ~= '' then
  redis.call('ZADD', DEADLINES, ARGV[5], ARGV[1])
end
if KEYS[3] then
  redis.call('SET', KEYS[3], ARGV[7] .. ':' .. ARGV[1], 'EX', ARGV[8])
end
redis.call('HINCRBY', COUNTERS, 'accepted:' .. ARGV[3], 1)
return {'created', ARGV[1], 'queued'}
