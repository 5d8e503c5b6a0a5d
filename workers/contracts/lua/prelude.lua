-- Shared by every script. The table TRANSITIONS comes before it, made from question.py.
-- Schema: atende:1:question:{id} is a hash with
--   request JSON, lane, entry (its id in the lane's stream), status, attempt (rises with every
--   claim: the fence), released (claims given back by a worker that stopped), worker,
--   claimed_at, ended_at, outcome JSON, callback ("1" where somebody waits for one),
--   delivery, delivery_attempts, deliveries (JSON list of the last ones),
--   mark ("good"|"bad": what the patient thought of the answer),
--   ticket (there while a leased delivery was not begun),
--   conversation (id of the one that it is a part of; their schema: conversations/shared.lua).
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

local BURSTS = PREFIX .. 'bursts'
local TRANSCRIPT_KEPT = 100 -- entries
local STALE_SCANNED = 2 -- entries of a list that each new one looks at

local function conversation_key(id)
  return PREFIX .. 'conversation:' .. id
end

local function pending_key(id)
  return PREFIX .. 'pending:' .. id
end

local function transcript_key(id)
  return PREFIX .. 'transcript:' .. id
end

local function handoffs_key(tenant)
  return PREFIX .. 'handoffs:' .. tenant
end

-- Adds to a transcript; an entry is {by, text, at, question, kind, media}: the last three may lack.
local function write_entry(conversation, entry)
  redis.call('RPUSH', transcript_key(conversation), cjson.encode(entry))
  redis.call('LTRIM', transcript_key(conversation), -TRANSCRIPT_KEPT, -1)
end

-- Lists an id with its time; those of the oldest whose record is gone leave the list.
local function list(name, id, ms, record_key)
  redis.call('ZADD', name, ms, id)
  for _, other in ipairs(redis.call('ZRANGE', name, 0, STALE_SCANNED - 1)) do
    if redis.call('EXISTS', record_key(other)) == 0 then redis.call('ZREM', name, other) end
  end
end

-- Calls a person. Of several reasons the first stays, but for an emergency: it is shown above all.
local function open_handoff(conversation, reason, ms)
  local key = conversation_key(conversation)
  local c = redis.call('HMGET', key, 'handoff_since', 'tenant')
  if not c[1] then
    redis.call('HSET', key, 'handoff_since', seconds(ms), 'handoff_reason', reason)
    list(handoffs_key(c[2]), conversation, ms, conversation_key)
    count('handoffs', 1)
  elseif reason == 'emergency' then
    redis.call('HSET', key, 'handoff_reason', reason)
  end
end

local function aliases_key(id)
  return PREFIX .. 'aliases:' .. id
end

local function questions_key(id)
  return PREFIX .. 'questions:' .. id
end

-- The keys of the aliases that lead to a conversation. Another clinic's may have taken some.
local function names_of(conversation)
  local names = {}
  for _, alias in ipairs(redis.call('SMEMBERS', aliases_key(conversation))) do
    local name = PREFIX .. 'alias:' .. string.match(alias, ':(.+)$')
    if redis.call('GET', name) == conversation then names[#names + 1] = name end
  end
  return names
end

-- Keeps all of a conversation without end while bubbles wait or a question is in flight; else for
-- the retention (s) from now.
local function keep(conversation, retention)
  local names = names_of(conversation)
  for _, name in ipairs({conversation_key(conversation), transcript_key(conversation),
    aliases_key(conversation), questions_key(conversation)}) do names[#names + 1] = name end
  local open = redis.call('HEXISTS', conversation_key(conversation), 'question') == 1
    or redis.call('EXISTS', pending_key(conversation)) == 1
  for _, name in ipairs(names) do
    if open then redis.call('PERSIST', name) else redis.call('EXPIRE', name, retention) end
  end
end

-- Enters an outcome into the transcript of its conversation, and calls a person where it asks for
-- one.
local CALLS_PERSON = {needs_human = true, failed = true, expired = true}

local function enter_outcome(conversation, id, status, json, ms)
  local readable, outcome = pcall(cjson.decode, json)
  if not readable or type(outcome) ~= 'table' then outcome = {} end
  if type(outcome.text) == 'string' and outcome.text ~= '' then
    local by = outcome.way == 'person' and 'person' or 'assistant'
    write_entry(conversation,
      {by = by, text = outcome.text, at = tonumber(seconds(ms)), question = id})
  end
  if CALLS_PERSON[status] then
    open_handoff(conversation, type(outcome.reason) == 'string' and outcome.reason or status, ms)
  end
end

-- Ends a question's flight in its conversation: what was written meanwhile is asked next, once its
-- own quiet window has passed.
local function land(conversation, id, status, json, retention, ms)
  local key = conversation_key(conversation)
  local c = redis.call('HMGET', key, 'question', 'due')
  if c[1] ~= id then return end
  redis.call('HDEL', key, 'question', 'asked')
  redis.call('HINCRBY', key, 'revision', 1)
  if status ~= 'cancelled' then enter_outcome(conversation, id, status, json, ms) end
  if redis.call('EXISTS', pending_key(conversation)) == 1 then
    redis.call('ZADD', BURSTS, math.max(ms, tonumber(c[2] or 0)), conversation)
  end
  keep(conversation, retention)
end

-- Ends a question: outcome, way back, place in the lane, all in one step. The caller calls count_all.
local function finish(key, id, group, status, outcome, retention, ms)
  local q = redis.call('HMGET', key, 'lane', 'entry', 'callback', 'conversation')
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
  -- A damaged conversation must not keep its question from ending.
  if q[4] and not pcall(land, q[4], id, status, outcome, retention, ms) then
    count('conversations_damaged', 1)
  end
end

