-- Has rows asked again whose questions' records are gone.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, group, question ids
-- Returns how many
local id, lost = ARGV[2], 0
for i = 4, #ARGV do
  local row = redis.call('HGET', open_key(id), ARGV[i])
  if row and redis.call('EXISTS', question_key(ARGV[i])) == 0 then
    ask_again(id, ARGV[i], row)
    lost = lost + 1
  end
end
if lost > 0 then
  bump(id)
  touch(id, ARGV[1], now_ms())
end
return lost
