-- Claims waiting questions, interactive ones first, but for a few bulk ones that are overdue.
-- KEYS: lane:interactive, lane:bulk
-- ARGV: group, worker, most in all, most of bulk, most that are overdue, age of an overdue one (ms)
-- Returns {claims, last id delivered of interactive, of bulk};
--   a claim is {lane, entry, id, attempt, claims so far, request JSON}
local ms = now_ms()
local claims = {}

local function take(stream, lane, count)
  if count <= 0 then return end
  local reply = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', count,
    'STREAMS', stream, '>')
  if not reply then return end
  for _, item in ipairs(reply[1][2]) do
    local claimed = claim(lane, ARGV[1], item[1], item[2][2], ARGV[2], ms)
    if claimed then claims[#claims + 1] = claimed end
  end
end

local function last(stream)
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local fields = {}
    for i = 1, #group, 2 do fields[group[i]] = group[i + 1] end
    if fields['name'] == ARGV[1] then return fields['last-delivered-id'] end
  end
end

-- Age in ms of the first bulk question that nobody was given.
local function oldest(stream)
  local next = redis.call('XRANGE', stream, '(' .. last(stream), '+', 'COUNT', 1)[1]
  return next and ms - tonumber(string.match(next[1], '^%d+')) or 0
end

local most, bulk = tonumber(ARGV[3]), tonumber(ARGV[4])
local overdue = math.min(most, bulk, tonumber(ARGV[5]))
if overdue > 0 and oldest(KEYS[2]) > tonumber(ARGV[6]) then
  take(KEYS[2], 'bulk', overdue)
  bulk = bulk - #claims
end
take(KEYS[1], 'interactive', most - #claims)
take(KEYS[2], 'bulk', math.min(most - #claims, bulk))
return {claims, last(KEYS[1]), last(KEYS[2])}
