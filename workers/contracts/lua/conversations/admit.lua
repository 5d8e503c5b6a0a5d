-- Admits one bubble: finds or opens its conversation and lets it wait for the rest of its burst. Where
-- a person has the conversation, only an emergency is asked: its fixed text is owed all the same. Whoever writes
-- anything but thanks then waits for that person.
-- KEYS: none (named by ARGV)
-- ARGV: fresh id for a new conversation, tenant, channel, kind, scope and hash of the message's id,
--       seconds that it is remembered, recipient JSON, name ("" where unknown), bubble JSON,
--       retention (s), contact, quiet to wait for (ms),
--       then kind and hash of each alias, the strongest first
-- Returns {conversation's id, "new"|"repeated"|"paused"}
local FIRST_ALIAS = 14
local seen = seen_key(ARGV[5], ARGV[6])
local known = redis.call('GET', seen)
if known then
  count('bubbles:repeated', 1)
  count_all()
  return {known, 'repeated'}
end
local ms = now_ms()
local bubble = cjson.decode(ARGV[10])
local id, key = receive({fresh = ARGV[1], tenant = ARGV[2], channel = ARGV[3], kind = ARGV[4],
  seen = seen, remembered = ARGV[7], recipient = ARGV[8], name = ARGV[9], contact = ARGV[12],
  names = aliases(FIRST_ALIAS), sent_at = bubble.sent_at, trusted = true}, ms)

local verdict = 'new'
if paused_until(key, ms) and not bubble.urgent then
  verdict = 'paused'
  enter_bubble(id, bubble)
  if not bubble.thanks then await_person(id, ms) end
else
  local arrival = string.format('%016d', redis.call('HINCRBY', key, 'arrivals', 1))
  redis.call('ZADD', pending_key(id), bubble.sent_at * 1000, arrival .. ' ' .. ARGV[10])
  redis.call('HSETNX', key, 'burst_at', ms)
  redis.call('HINCRBY', key, 'burst_chars', characters(bubble.text or ''))
  redis.call('HINCRBY', key, 'revision', 1)
  if bubble.urgent then redis.call('HSET', key, 'urgent', '1') end
  schedule(id, key, tonumber(ARGV[13]), ms)
end
keep(id, ARGV[11])
count('bubbles:' .. verdict, 1)
count_all()
return {id, verdict}
