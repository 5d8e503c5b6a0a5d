-- Whether what went out to a contact is what we sent, where its id is not known: an echo may come
-- before the reply to our request, or instead of it.
-- KEYS: none (named by ARGV)
-- ARGV: channel, mark of the text, most of its questions that are looked at, age (ms) at which a
--       message that has its id is too old, then kind and hash of each alias, the strongest first
-- Returns {question's id, "1" where its message has no id yet}; nil where nothing of ours says that
local FIRST_ALIAS = 5
local channel = ARGV[1]
local id = find(channel, aliases(FIRST_ALIAS))
if not id then return nil end
local oldest = now_ms() - ARGV[4]
for _, question in ipairs(redis.call('ZREVRANGE', questions_key(id), 0, ARGV[3] - 1)) do
  local s = redis.pcall('HMGET', send_key(question), 'channel', 'text', 'state', 'message', 'since')
  if s[1] == channel and s[2] == ARGV[2] and s[3] ~= 'open' and s[3] ~= 'failed' then
    if not s[4] then return {question, '1'} end
    if tonumber(s[5]) >= oldest then return {question, ''} end
  end
end
return nil
