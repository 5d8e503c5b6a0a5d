-- Admits one bubble: finds or opens its conversation and lets it wait for the rest of its burst. Where
-- a person has the conversation, only an emergency is asked: its fixed text is owed all the same. Whoever writes
-- anything but thanks then waits for that person.
-- KEYS: none (named by ARGV)
-- ARGV: fresh id for a new conversation, tenant, channel, kind, hash of the message's id,
--       seconds that it is remembered, recipient JSON, name ("" where unknown), bubble JSON,
--       quiet to wait for (ms), retention (s), contact (the first alias),
--       then kind and hash of each alias, the strongest first
-- Returns {conversation's id, "new"|"repeated"|"paused"}
local FIRST_ALIAS = 13
local tenant, channel = ARGV[2], ARGV[3]
local seen = seen_key(channel, ARGV[5])
local known = redis.call('GET', seen)
if known then
  count('bubbles:repeated', 1)
  count_all()
  return {known, 'repeated'}
end
local ms = now_ms()
local bubble = cjson.decode(ARGV[9])
local names = aliases(FIRST_ALIAS)
local id = find_or_open(ARGV[1], tenant, channel, ARGV[4], ARGV[12], names, ms)
local key = conversation_key(id)
bind(id, channel, names)
address(key, ARGV[7])
if names[1].kind == 'user' then redis.call('HSET', key, 'contact', ARGV[12]) end
if ARGV[8] ~= '' then redis.call('HSET', key, 'name', ARGV[8]) end
-- The sender's time opens the window: a message that comes late opens less of it.
local sent = math.min(bubble.sent_at * 1000, ms)
if sent > tonumber(redis.call('HGET', key, 'last_message_at')) * 1000 then
  redis.call('HSET', key, 'last_message_at', seconds(sent))
end
redis.call('SET', seen, id, 'EX', ARGV[6])
list(conversations_key(tenant), id, ms, conversation_key)

local verdict = 'new'
if paused_until(key, ms) and not bubble.urgent then
  verdict = 'paused'
  enter_bubble(id, bubble)
  if not bubble.thanks then await_person(id, ms) end
else
  local arrival = string.format('%016d', redis.call('HINCRBY', key, 'arrivals', 1))
  redis.call('ZADD', pending_key(id), bubble.sent_at * 1000, arrival .. ' ' .. ARGV[9])
  redis.call('HSETNX', key, 'burst_at', ms)
  redis.call('HINCRBY', key, 'burst_chars', characters(bubble.text or ''))
  redis.call('HINCRBY', key, 'revision', 1)
  if bubble.urgent then redis.call('HSET', key, 'urgent', '1') end
  schedule(id, key, tonumber(ARGV[10]), ms)
end
keep(id, ARGV[11])
count('bubbles:' .. verdict, 1)
count_all()
return {id, verdict}
