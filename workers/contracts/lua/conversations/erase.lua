-- Erases a conversation and all of its questions, whatever their state. That a message was seen is
-- remembered until it expires, by its hash: one that comes again is no new one.
-- KEYS: none (named by ARGV)
-- ARGV: conversation, group, outcome JSON of a dropped question, retention (s)
-- Returns the ids of its questions; nil where there is no such conversation
local id, ms = ARGV[1], now_ms()
local key = conversation_key(id)
if not exists(id) then return nil end
local tenant = redis.call('HGET', key, 'tenant')
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
redis.call('ZREM', BURSTS, id)
redis.call('ZREM', handoffs_key(tenant), id)
redis.call('ZREM', conversations_key(tenant), id)
redis.call('DEL', key, pending_key(id), transcript_key(id), questions_key(id), aliases_key(id))
count_all()
return questions
