-- Ends a claimed question, fenced by status and attempt.
-- KEYS: question hash
-- ARGV: group, id, attempt, new status, outcome JSON, retention (s),
--       prompt, completion and cached tokens
-- Returns 1, or 0 where the claim is no longer the caller's: then nothing changed
local q = redis.call('HMGET', KEYS[1], 'status', 'attempt')
if q[1] ~= 'claimed' or q[2] ~= ARGV[3] or not allowed(q[1], ARGV[4]) then
  return 0
end
finish(KEYS[1], ARGV[2], ARGV[1], ARGV[4], ARGV[5], ARGV[6], now_ms())
for i, name in ipairs({'prompt', 'completion', 'cached'}) do
  if ARGV[6 + i] ~= '0' then redis.call('HINCRBY', COUNTERS, 'tokens:' .. name, ARGV[6 + i]) end
end
return 1
