-- Shared by every script. The table TRANSITIONS comes before it, made from question.py.
-- Schema: atende:1:question:{id} is a hash with
--   request JSON, lane, entry (its id in the lane's stream), status, attempt (rises with every
--   claim: the fence), released (claims given back by a worker that stopped), worker,
--   claimed_at, ended_at, outcome JSON, callback ("1" where somebody waits for one),
--   delivery, delivery_attempts, deliveries (JSON list of the last ones),
--   ticket (there while a leased delivery was not begun).
-- A dead delivery is in the zset dead, and in its tenant's own, dead:{tenant}: so one clinic's
-- list takes the same time however many others have, and holds nothing of theirs.
-- A key that holds no hash is a damaged record. Scripts that serve many questions read with
-- redis.pcall, whose error has no fields: a damaged record counts as one that is gone.
-- Times in hashes are Unix seconds, scores of zsets are Unix milliseconds: the server's clock.
local PREFIX = 'atende:1:'
local OUTBOX, DEAD = PREFIX .. 'outbox', PREFIX .. 'dead'
local DEADLINES, COUNTERS = PREFIX .. 'deadlines', PREFIX .. 'counters'

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function seconds(ms)
  return string.format('%.3f', ms / 1000)
end

local function question_key(id)
  return PREFIX .. 'question:' .. id
end

local function dead_key(tenant)
  return PREFIX .. 'dead:' .. tenant
end

-- Whose question it is; nil where the record is gone or cannot be read.
local function tenant_of(key)
  local readable, request = pcall(cjson.decode, redis.call('HGET', key, 'request') or '')
  local tenant = readable and type(request) == 'table' and request.tenant
  return type(tenant) == 'string' and tenant or nil
end

-- Lists a dead delivery until its record expires; `tenant` may be nil.
local function list_dead(id, tenant, ms, retention)
  redis.call('ZADD', DEAD, ms, id)
  if tenant then
    redis.call('ZADD', dead_key(tenant), ms, id)
    redis.call('EXPIRE', dead_key(tenant), retention)
  end
end

-- Takes a delivery that is not dead any more off the lists; `tenant` may be nil.
local function unlist_dead(id, tenant)
  redis.call('ZREM', DEAD, id)
  if tenant then redis.call('ZREM', dead_key(tenant), id) end
end

-- The hash of what is known of an outcome's way out; its schema: sends/shared.lua.
local function send_key(id)
  return PREFIX .. 'send:' .. id
end

local function lane_key(lane)
  return PREFIX .. 'lane:' .. lane
end

local function allowed(from, to)
  return from and TRANSITIONS[from] and TRANSITIONS[from][to] or false
end

-- Counts are added up and written once by a script: count_all at its end.
local counts = {}

local function count(name, by)
  counts[name] = (counts[name] or 0) + by
end

local function count_all()
  for name, by in pairs(counts) do redis.call('HINCRBY', COUNTERS, name, by) end
end

-- Takes an entry off its lane.
local function drop(lane, group, entry)
  redis.call('XACK', lane, group, entry)
  redis.call('XDEL', lane, entry)
end

-- Marks one question of the lane as claimed and returns what the drain needs of it.
local function claim(lane, group, entry, id, worker, ms)
  local key = question_key(id)
  local q = redis.pcall('HMGET', key, 'status', 'request', 'released')
  if not allowed(q[1], 'claimed') then
    drop(lane_key(lane), group, entry) -- ended, gone or damaged: nothing to answer
    return nil
  end
  local attempt = redis.call('HINCRBY', key, 'attempt', 1)
  redis.call('HSET', key, 'status', 'claimed', 'worker', worker, 'claimed_at', seconds(ms))
  return {lane, entry, id, attempt, attempt - tonumber(q[3] or 0), q[2]}
end

-- Ends a question: outcome, way back, place in the lane, all in one step. The caller calls count_all.
local function finish(key, id, group, status, outcome, retention, ms)
  local q = redis.call('HMGET', key, 'lane', 'entry', 'callback')
  redis.call('HSET', key, 'status', status, 'outcome', outcome, 'ended_at', seconds(ms))
  if q[3] == '1' and status ~= 'cancelled' then
    redis.call('HSET', key, 'delivery', 'pending')
    redis.call('ZADD', OUTBOX, ms, id)
  else
    redis.call('EXPIRE', key, retention)
  end
  drop(lane_key(q[1]), group, q[2])
  redis.call('ZREM', DEADLINES, id)
  count('ended:' .. q[1] .. ':' .. status, 1)
  redis.call('PUBLISH', PREFIX .. 'ended:' .. id, status)
end

