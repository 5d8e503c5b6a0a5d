-- Sets fields of a conversation.
-- KEYS: none (named by ARGV)
-- ARGV: conversation, then name and value of each field; "" takes it away
-- Returns 1, or 0 where there is no such conversation: then nothing changed
if not exists(ARGV[1]) then return 0 end
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', conversation_key(ARGV[1]), ARGV[i])
  else
    redis.call('HSET', conversation_key(ARGV[1]), ARGV[i], ARGV[i + 1])
  end
end
return 1
