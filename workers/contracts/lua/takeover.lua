-- Takes over what other workers claimed and no longer renew, and what a stopping one released.
-- KEYS: lane:interactive, lane:bulk
-- ARGV: group, worker, most in all, most of bulk, idle time (ms)
-- Returns claims as claim.lua does
local ms = now_ms()
local claims = {}

-- XAUTOCLAIM looks at ten entries per claim wanted, oldest first, and live claims may fill those:
-- go on from its cursor until enough are found or all were seen.
local function take(stream, lane, count)
  local cursor = '0-0'
  while count > 0 do
    local reply = redis.call('XAUTOCLAIM', stream, ARGV[1], ARGV[2], ARGV[5], cursor,
      'COUNT', count)
    cursor = reply[1]
    for _, item in ipairs(reply[2]) do
      local id = item[2][2]
      local before = redis.call('HGET', question_key(id), 'status')
      local claimed = claim(lane, ARGV[1], item[1], id, ARGV[2], ms)
      if claimed then
        claims[#claims + 1] = claimed
        count = count - 1
        if before == 'claimed' then redis.call('HINCRBY', COUNTERS, 'taken_over', 1) end
      end
    end
    if cursor == '0-0' then return end
  end
end

local most = tonumber(ARGV[3])
take(KEYS[1], 'interactive', most)
take(KEYS[2], 'bulk', math.min(most - #claims, tonumber(ARGV[4])))
return claims
