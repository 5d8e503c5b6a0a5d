-- Claims waiting questions, interactive ones first.
-- KEYS: lane:interactive, lane:bulk
-- ARGV: group, worker, most in all, most of bulk
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

local most = tonumber(ARGV[3])
take(KEYS[1], 'interactive', most)
take(KEYS[2], 'bulk', math.min(most - #claims, tonumber(ARGV[4])))
return {claims, last(KEYS[1]), last(KEYS[2])}
