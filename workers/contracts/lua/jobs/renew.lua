-- Renews a running job's lease, and notes how far it is.
-- KEYS: jobs
-- ARGV: id, attempt, lease (ms), progress ("" leaves it), seconds that the job is kept
-- Returns 1, or 0 where this attempt is not the running one: another has taken over, or it ended
if not runs(ARGV[1], ARGV[2]) then
  return 0
end
local ms, key = now_ms(), job_key(ARGV[1])
redis.call('ZADD', KEYS[1], ms + ARGV[3], ARGV[1])
redis.call('HSET', key, 'renewed_at', seconds(ms))
redis.call('EXPIRE', key, ARGV[5])
if ARGV[4] ~= '' then
  redis.call('HSET', key, 'progress', ARGV[4])
end
local subject = redis.call('HGET', key, 'subject')
if subject ~= '' then
  redis.call('SET', lock_key(subject), ARGV[1], 'PX', ARGV[3])
end
return 1
