-- Renews a worker's claims; one that another worker took over is never taken back, and one whose
-- record is damaged is lost alone.
-- KEYS: none (question hashes and lanes are named by ARGV)
-- ARGV: group, worker, then lane, entry, id, attempt for each claim
-- Returns the ids that are no longer this worker's
local lost = {}
for i = 3, #ARGV, 4 do
  local lane, entry, id, attempt = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local q = redis.pcall('HMGET', question_key(id), 'status', 'attempt')
  if q[1] == 'claimed' and q[2] == attempt then
    redis.call('XCLAIM', lane_key(lane), ARGV[1], ARGV[2], 0, entry, 'JUSTID')
  else
    lost[#lost + 1] = id
  end
end
return lost
