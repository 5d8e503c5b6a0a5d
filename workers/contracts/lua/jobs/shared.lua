-- Shared by the scripts of jobs and documents, below prelude.lua.
-- Schema: atende:1:jobs is a zset, job id -> time (ms) at which somebody may take it: of a waiting
-- job its turn, of a running one the end of its lease.
--   job:{id}          hash: kind, tenant, args JSON, state, attempt (rises with every take: the
--                     fence), subject, document, patient (nobody waits for it), progress, result,
--                     error, renewed_at
--   running:{subject} string: the job that runs on this subject; jobs of one subject take turns
--   parked:{subject}  zset: jobs that wait for the running one's end, with their place in line
--   upload:{job id}   string: the bytes of an uploaded file, until its job ends or they expire
--   uploads:{tenant}  hash: job id -> bytes that wait; `total`: their sum, which is bounded
--   document:{id}     hash: what is known of a document; `job` is the one that will change it
--   documents:{tenant} zset: the names of all documents, scores 0
local JOBS = PREFIX .. 'jobs'

local function job_key(id)
  return PREFIX .. 'job:' .. id
end

local function document_key(id)
  return PREFIX .. 'document:' .. id
end

local function lock_key(subject)
  return PREFIX .. 'running:' .. subject
end

-- Whether this attempt of a job is the one that runs.
local function runs(id, attempt)
  local j = redis.call('HMGET', job_key(id), 'state', 'attempt')
  return j[1] == 'running' and j[2] == attempt
end

local function parked_key(subject)
  return PREFIX .. 'parked:' .. subject
end

-- Frees a job's subject, and puts the next ones that wait for it in line again: more than one,
-- since some may have been replaced meanwhile.
local function unlock(id, subject)
  if not subject or subject == '' then
    return
  end
  if redis.call('GET', lock_key(subject)) == id then
    redis.call('DEL', lock_key(subject))
  end
  local parked = redis.call('ZRANGE', parked_key(subject), 0, 9, 'WITHSCORES')
  for i = 1, #parked, 2 do
    redis.call('ZREM', parked_key(subject), parked[i])
    redis.call('ZADD', JOBS, parked[i + 1], parked[i])
  end
end

-- The document that a job changes; nil where a later job has taken its place.
local function own_document(id, document)
  if document and document ~= ''
    and redis.call('HGET', document_key(document), 'job') == id then
    return document_key(document)
  end
  return nil
end

-- Takes a document out of the list.
local function forget(key)
  local d = redis.call('HMGET', key, 'tenant', 'name')
  redis.call('DEL', key)
  if d[1] then
    redis.call('ZREM', PREFIX .. 'documents:' .. d[1], d[2])
  end
end

-- Drops the bytes that a job was to read.
local function drop_upload(tenant, id)
  local waiting = PREFIX .. 'uploads:' .. tenant
  local size = redis.call('HGET', waiting, id)
  redis.call('DEL', PREFIX .. 'upload:' .. id)
  if size then
    redis.call('HDEL', waiting, id)
    if redis.call('HINCRBY', waiting, 'total', -size) <= 0 then
      redis.call('DEL', waiting)
    end
  end
end

-- Ends a job: what came of it, its file, its place in line, its document, all in one step.
-- `fields` is a flat list for the document's hash, or {'forget'}.
local function finish_job(id, state, result, error, kept_seconds, ms, fields)
  local key = job_key(id)
  local j = redis.call('HMGET', key, 'tenant', 'subject', 'document')
  redis.call('HSET', key, 'state', state, 'result', result, 'error', error,
    'renewed_at', seconds(ms))
  redis.call('EXPIRE', key, kept_seconds)
  redis.call('ZREM', JOBS, id)
  redis.call('ZREM', parked_key(j[2] or ''), id)
  drop_upload(j[1] or '', id)
  unlock(id, j[2])
  local document = own_document(id, j[3])
  if not document then
    return
  end
  if fields[1] == 'forget' then
    forget(document)
  else
    if state == 'failed' then
      redis.call('HSET', document, 'state', 'failed', 'reason', error)
    end
    redis.call('HSET', document, 'updated_at', seconds(ms), 'job', '', 'sent', '', unpack(fields))
  end
end
