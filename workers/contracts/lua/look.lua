-- Finds the answer that an identical question got or is getting; where there is none, the caller
-- leads: it answers, and the others follow.
-- A key same:{digest} is a string, the id of the question that led last: its record tells the rest.
-- KEYS: none (named by ARGV)
-- ARGV: how long an answer serves later questions (ms, 0: not at all), how long a key is kept (ms),
--       "1" where running ones are followed,
--       then digest, question id, lane that it runs in, asked at (ms), version of the documents
--       for each
-- Returns for each {"lead"} or {"follow"} or {"coalesced"|"cached", outcome JSON}
local ms = now_ms()
local fresh, kept, coalesce = tonumber(ARGV[1]), ARGV[2], ARGV[3] == '1'

local function served(leader, asked)
  if not leader[1] or not leader[2] then return nil end
  local ended = math.floor(tonumber(leader[2]) * 1000 + 0.5)
  local answered = leader[1] == 'answered'
  if coalesce and asked < ended and (answered or leader[1] == 'needs_human') then
    return 'coalesced' -- it waited while the other was answered
  end
  if answered and asked >= ended and ms - ended <= fresh then return 'cached' end
  return nil
end

-- The documents may have changed between the key and the search: were they changed back, what was
-- found in between would come up again under the old key.
local function outcome_of(first, version)
  local outcome = redis.call('HGET', question_key(first), 'outcome')
  local readable, told = pcall(cjson.decode, outcome)
  return readable and type(told) == 'table' and told.knowledge_version == version and outcome or nil
end

local function runs(leader, lane)
  -- A live user waits for no bulk question of another worker: it takes the lead.
  return coalesce and (leader[1] == 'claimed' or leader[1] == 'queued')
    and not (lane == 'interactive' and leader[3] == 'bulk')
end

local found = {}
for i = 4, #ARGV, 5 do
  local key, id, lane, asked = PREFIX .. 'same:' .. ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local first = redis.call('GET', key)
  local leader = {}
  if first and first ~= id then
    leader = redis.pcall('HMGET', question_key(first), 'status', 'ended_at', 'lane')
  end
  local how = served(leader, tonumber(asked))
  local outcome = how and outcome_of(first, ARGV[i + 4])
  if outcome then
    found[#found + 1] = {how, outcome}
  elseif runs(leader, lane) then
    found[#found + 1] = {'follow'}
  else
    redis.call('SET', key, id, 'PX', kept)
    found[#found + 1] = {'lead'}
  end
end
return found
