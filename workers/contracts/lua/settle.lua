-- Ends claimed questions, each fenced by status and attempt. One that fails leaves the others.
-- KEYS: none (question hashes are named by ARGV)
-- ARGV: group, retention (s), then for each: id, attempt, new status, outcome JSON,
--       prompt, completion and cached tokens, "coalesced"|"cached"|"" where the answer is shared
-- Returns for each 1, 0 where the claim is no longer the caller's (then nothing changed), or the
-- server's error
local ms = now_ms()
local TOKENS = {'prompt', 'completion', 'cached'}

local function settle(i)
  local id, status, shared = ARGV[i], ARGV[i + 2], ARGV[i + 7]
  local key = question_key(id)
  local q = redis.call('HMGET', key, 'status', 'attempt', 'lane')
  if q[1] ~= 'claimed' or q[2] ~= ARGV[i + 1] or not allowed(q[1], status) then return 0 end
  finish(key, id, ARGV[1], status, ARGV[i + 3], ARGV[2], ms)
  for n, name in ipairs(TOKENS) do
    if ARGV[i + 3 + n] ~= '0' then count('tokens:' .. name, ARGV[i + 3 + n]) end
  end
  if shared ~= '' then count('shared:' .. shared .. ':' .. q[3], 1) end
  return 1
end

local replies = {}
for i = 3, #ARGV, 8 do
  local done, reply = pcall(settle, i)
  if not done then reply = type(reply) == 'table' and reply.err or tostring(reply) end
  replies[#replies + 1] = reply
end
count_all()
return replies
