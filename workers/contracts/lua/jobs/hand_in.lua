-- Hands in a job that changes one document: an upload with its bytes, or a removal. File, job,
-- document and place in line, all or none. A job of this document that has not begun is replaced.
-- KEYS: jobs, document, names, job, upload
-- ARGV: job id, document id, tenant, name, kind, args JSON, digest ("" of a removal),
--       bytes, their expiry (s), most bytes that may wait, seconds that an ended job is kept,
--       subject
-- Returns {"accepted"|"repeated", job id}, {"full", bytes waiting} or {"unknown", ""}
local LEAST = 4096 -- what a file counts at least: its job and document take memory, too
local ms = now_ms()
local size, removal = #ARGV[8], ARGV[7] == ''
local weight = math.max(size, LEAST)
local d = redis.call('HMGET', KEYS[2], 'state', 'sent', 'job')
if removal and not d[1] then
  return {'unknown', ''}
end
if removal and d[1] == 'removing' then
  return {'repeated', d[3]}
end
if not removal and (d[1] == 'queued' or d[1] == 'ingesting') and d[2] == ARGV[7]
  and redis.call('EXISTS', PREFIX .. 'upload:' .. d[3]) == 1 then
  return {'repeated', d[3]}
end
local uploads = PREFIX .. 'uploads:' .. ARGV[3]
local waiting = tonumber(redis.call('HGET', uploads, 'total') or 0)
if not removal and waiting + weight > tonumber(ARGV[10]) then
  return {'full', tostring(waiting)}
end
redis.call('HSET', KEYS[4], 'id', ARGV[1], 'kind', ARGV[5], 'tenant', ARGV[3], 'args', ARGV[6],
  'state', 'queued', 'attempt', '0', 'subject', ARGV[12], 'document', ARGV[2],
  'patient', '1')
local t = redis.call('TIME')
redis.call('ZADD', KEYS[1], t[1] * 1000 + t[2] / 1000, ARGV[1]) -- in order of arrival
redis.call('ZADD', KEYS[3], 0, ARGV[4])
redis.call('HSET', KEYS[2], 'id', ARGV[2], 'tenant', ARGV[3], 'name', ARGV[4], 'job', ARGV[1],
  'state', removal and 'removing' or 'queued', 'reason', '', 'sent', ARGV[7],
  'updated_at', seconds(ms))
if not removal then
  redis.call('SET', KEYS[5], ARGV[8], 'EX', ARGV[9])
  redis.call('HSET', uploads, ARGV[1], weight)
  redis.call('HINCRBY', uploads, 'total', weight)
  redis.call('HSET', KEYS[2], 'bytes', size)
end
if d[3] and d[3] ~= '' and redis.call('HGET', job_key(d[3]), 'state') == 'queued' then
  finish_job(d[3], 'done', '', 'replaced by a later request', ARGV[11], ms, {})
end
return {'accepted', ARGV[1]}
