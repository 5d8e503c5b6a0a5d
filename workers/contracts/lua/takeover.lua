-- Takes over what other workers claimed and no longer renew, and what a stopping one released.
-- KEYS: lane:interactive, lane:bulk
-- ARGV: group, worker, most in all, most of bulk, idle time (ms), suspects at most,
--       claims after which a question is a suspect
-- Returns claims as claim.lua does
local ms = now_ms()
local claims = {}
local suspects = tonumber(ARGV[6])

-- A question that was in flight in several workers that died may be what killed them. Suspects are
-- handed out few at a time, so that the others get away from the one that kills.
local function suspect(id)
  local q = redis.pcall('HMGET', question_key(id), 'status', 'attempt', 'released')
  return q[1] == 'claimed' and tonumber(q[2]) - tonumber(q[3] or 0) >= tonumber(ARGV[7])
end

local function take_one(stream, lane, entry, id)
  if suspect(id) then
    if suspects <= 0 then -- as idle as before: for a later call
      redis.call('XCLAIM', stream, ARGV[1], ARGV[2], 0, entry, 'IDLE', ARGV[5], 'JUSTID')
      return 0
    end
    suspects = suspects - 1
  end
  local before = redis.pcall('HGET', question_key(id), 'status')
  local claimed = claim(lane, ARGV[1], entry, id, ARGV[2], ms)
  if not claimed then return 0 end
  claims[#claims + 1] = claimed
  if before == 'claimed' then redis.call('HINCRBY', COUNTERS, 'taken_over', 1) end
  return 1
end

-- XAUTOCLAIM reads ten entries for each claim that is wanted, oldest first, and live claims may fill
-- those: go on from its cursor until there are enough or all were read.
local function take(stream, lane, count)
  local cursor = '0-0'
  while count > 0 do
    local reply = redis.call('XAUTOCLAIM', stream, ARGV[1], ARGV[2], ARGV[5], cursor,
      'COUNT', count)
    cursor = reply[1]
    for _, item in ipairs(reply[2]) do
      count = count - take_one(stream, lane, item[1], item[2][2])
    end
    if cursor == '0-0' then return end
  end
end

local most = tonumber(ARGV[3])
take(KEYS[1], 'interactive', most)
take(KEYS[2], 'bulk', math.min(most - #claims, tonumber(ARGV[4])))
return claims
