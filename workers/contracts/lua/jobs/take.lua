-- Takes the next job whose turn it is, leased: where it is not renewed, somebody takes it again.
-- A job that was taken too often has ended its workers: it fails instead.
-- KEYS: jobs
-- ARGV: lease (ms), most attempts, what a poison job's error says, seconds that it is kept
-- Returns the job's id and its hash as a flat list, or nothing
local MOST_SCANNED = 100
local ms = now_ms()
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. (ms + 1), 'WITHSCORES',
  'LIMIT', 0, MOST_SCANNED)
for i = 1, #due, 2 do
  local id = due[i]
  local key = job_key(id)
  local j = redis.call('HMGET', key, 'state', 'attempt', 'subject', 'document')
  local holder = j[3] and j[3] ~= '' and redis.call('GET', lock_key(j[3]))
  if j[1] ~= 'queued' and j[1] ~= 'running' then
    redis.call('ZREM', KEYS[1], id) -- ended, or no longer kept
  elseif holder and holder ~= id then
    redis.call('ZREM', KEYS[1], id)
    redis.call('ZADD', parked_key(j[3]), due[i + 1], id)
  elseif tonumber(j[2]) >= tonumber(ARGV[2]) then
    finish_job(id, 'failed', '', ARGV[3], ARGV[4], ms, {})
  else
    redis.call('HINCRBY', key, 'attempt', 1)
    redis.call('HSET', key, 'state', 'running', 'renewed_at', seconds(ms))
    redis.call('EXPIRE', key, ARGV[4])
    redis.call('ZADD', KEYS[1], ms + ARGV[1], id)
    if j[3] ~= '' then
      redis.call('SET', lock_key(j[3]), id, 'PX', ARGV[1])
    end
    local document = own_document(id, j[4])
    if document and redis.call('HGET', document, 'state') == 'queued' then
      redis.call('HSET', document, 'state', 'ingesting', 'reason', '', 'updated_at', seconds(ms))
    end
    return {id, redis.call('HGETALL', key)}
  end
end
return nil
