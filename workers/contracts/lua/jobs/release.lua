-- Puts a running job back in line, to be done later.
-- KEYS: jobs
-- ARGV: id, attempt, delay (ms), "1" where the attempt counts, why
-- Returns 1, or 0 where this attempt is not the running one
if not runs(ARGV[1], ARGV[2]) then
  return 0
end
local ms, key = now_ms(), job_key(ARGV[1])
redis.call('HSET', key, 'state', 'queued', 'error', ARGV[5], 'renewed_at', seconds(ms))
if ARGV[4] ~= '1' then
  redis.call('HINCRBY', key, 'attempt', -1)
end
redis.call('ZADD', KEYS[1], ms + ARGV[3], ARGV[1])
local j = redis.call('HMGET', key, 'subject', 'document')
unlock(ARGV[1], j[1])
local document = own_document(ARGV[1], j[2])
if document then
  if redis.call('HGET', document, 'state') == 'ingesting' then
    redis.call('HSET', document, 'state', 'queued')
  end
  redis.call('HSET', document, 'reason', ARGV[5], 'updated_at', seconds(ms))
end
return 1
