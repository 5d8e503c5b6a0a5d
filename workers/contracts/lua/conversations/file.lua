-- Files a message: it stands in its conversation's transcript, and nothing is asked or sent for it.
-- Where a person has the conversation, anything but thanks waits for that person, as any bubble does.
-- KEYS: none (named by ARGV)
-- ARGV: fresh id for a new conversation, tenant, channel, kind, scope and hash of the message's id,
--       seconds that it is remembered, recipient JSON, name ("" where unknown), bubble JSON,
--       retention (s), contact, why a person is called ("": none is), "1" where the message can be
--       trusted, then kind and hash of each alias, the strongest first
-- Returns {conversation's id, "filed"|"repeated"}
local FIRST_ALIAS = 15
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
  names = aliases(FIRST_ALIAS), sent_at = bubble.sent_at, trusted = ARGV[14] == '1'}, ms)
enter_bubble(id, bubble)
if paused_until(key, ms) and not bubble.thanks then await_person(id, ms) end
if ARGV[13] ~= '' then open_handoff(id, ARGV[13], ms) end
keep(id, ARGV[11])
count('bubbles:filed', 1)
count_all()
return {id, 'filed'}
