-- Finds the answer that an identical question got or is getting; where there is none, the caller
-- leads: it answers, and the others follow.
-- A key same:{digest} is a string, the id of the last head: its record says the rest.
-- KEYS: none (named by ARGV)
-- ARGV: how long an answer serves later questions (ms, 0: not at all), how long a key is kept (ms),
--       "1" where running ones are followed,
--       then digest, question id, lane that it runs in, asked at (ms), version of the documents
--       for each
-- Returns for each {"lead"} or {"follow"} or {"coalesced"|"cached", outcome JSON}
local ms = now_ms()
local fresh, kept_ms, coalesce = tonumber(ARGV[1]), ARGV[2], ARGV[3] == '1'

-- How the outcome of `head` (its status, end and lane) serves a question; nil where it does not.
local function sharing(head, asked)
  if not head[1] or not head[2] then return nil end
  local ended = math.floor(tonumber(head[2]) * 1000 + 0.5)
  local answered = head[1] == 'answered'
  if coalesce and asked < ended and (answered or head[1] == 'needs_human') then
    return 'coalesced' -- it waited while the other was answered
  end
  if answered and asked >= ended and ms - ended <= fresh then return 'cached' end
  return nil
end

-- The documents may have changed between the key and the search: were they changed back, what was
-- found in between would come up again under the old key.
local function outcome_of(id, version)
  local json = redis.call('HGET', question_key(id), 'outcome')
  local readable, outcome = pcall(cjson.decode, json)
  return readable and type(outcome) == 'table' and outcome.knowledge_version == version and json
    or nil
end

local function runs(head, lane)
  -- An interactive question waits for no bulk question of another worker: it takes the lead.
  return coalesce and (head[1] == 'claimed' or head[1] == 'queued')
    and not (lane == 'interactive' and head[3] == 'bulk')
end

local rows = {}
for i = 4, #ARGV, 5 do
  local key, id, lane, asked = PREFIX .. 'same:' .. ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local head_id = redis.call('GET', key)
  local head = {}
  if head_id and head_id ~= id then
    head = redis.pcall('HMGET', question_key(head_id), 'status', 'ended_at', 'lane')
  end
  local how = sharing(head, tonumber(asked))
  local outcome = how and outcome_of(head_id, ARGV[i + 4])
  if outcome then
    rows[#rows + 1] = {how, outcome}
  elseif runs(head, lane) then
    rows[#rows + 1] = {'follow'}
  else
    redis.call('SET', key, id, 'PX', kept_ms)
    rows[#rows + 1] = {'lead'}
  end
end
return rows
