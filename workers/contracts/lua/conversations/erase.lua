-- Erases a conversation, all of its questions, whatever their state, and what is still to be done in a
-- mailbox for it. That a message was seen is remembered until it expires, by its hash: one that comes
-- again is no new one.
-- KEYS: none (named by ARGV)
-- ARGV: conversation, group, outcome JSON of a dropped question, retention (s)
-- Returns the ids of its questions; nil where there is no such conversation
local id, ms = ARGV[1], now_ms()
local key = conversation_key(id)
if not exists(id) then return nil end
local tenant, channel = unpack(redis.call('HMGET', key, 'tenant', 'channel'))
redis.call('HDEL', key, 'question')
local questions = redis.call('ZRANGE', questions_key(id), 0, -1)
for _, question in ipairs(questions) do
  local name = question_key(question)
  local status = redis.pcall('HGET', name, 'status')
  if status == 'queued' or status == 'claimed' then
    finish(name, question, ARGV[2], 'cancelled', ARGV[3], ARGV[4], ms)
  end
  redis.call('ZREM', OUTBOX, question)
  unlist_dead(question, tenant)
  redis.call('DEL', name)
end
for _, name in ipairs(names_of(id)) do redis.call('DEL', name) end
for _, name in ipairs({'errands:', 'errands-aside:'}) do -- their schema: errands/shared.lua
  local errands = PREFIX .. name .. (channel or '')
  for _, hash in ipairs(redis.call('ZRANGE', errands, 0, -1)) do
    local errand = PREFIX .. 'errand:' .. channel .. ':' .. hash
    if redis.call('HGET', errand, 'conversation') == id then
      redis.call('ZREM', errands, hash)
      redis.call('HDEL', errand, 'errand', 'conversation')
    end
  end
end
redis.call('ZREM', BURSTS, id)
redis.call('ZREM', handoffs_key(tenant), id)
redis.call('ZREM', conversations_key(tenant), id)
redis.call('DEL', key, pending_key(id), transcript_key(id), questions_key(id), aliases_key(id))
count_all()
return questions
