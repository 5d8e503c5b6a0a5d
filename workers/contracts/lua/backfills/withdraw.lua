-- Takes questions of a backfill off the lane that no worker has claimed, as if never asked.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, group of the lane, question ids
-- Returns how many
local id, withdrawn = ARGV[2], 0
for i = 4, #ARGV do
  local question = ARGV[i]
  local row = redis.call('HGET', open_key(id), question)
  local q = redis.pcall('HMGET', question_key(question), 'status', 'lane', 'entry')
  if row and q[1] == 'queued' then
    drop(lane_key(q[2]), ARGV[3], q[3])
    redis.call('ZREM', DEADLINES, question)
    redis.call('DEL', question_key(question))
    ask_again(id, question, row)
    withdrawn = withdrawn + 1
  end
end
if withdrawn > 0 then
  count('withdrawn', withdrawn)
  count_all()
  bump(id)
  touch(id, ARGV[1], now_ms())
end
return withdrawn
