-- Takes in what a person wrote to a contact from the channel's own app: the assistant is silent for a
-- time. A contact who has no conversation gets one, so that the reply to that person is not answered.
-- KEYS: none (named by ARGV)
-- ARGV: fresh id for a new conversation, tenant, channel, kind, scope and hash of the message's
--       id, seconds that it is remembered, recipient JSON, entry JSON, how long (ms), by whom, group,
--       outcome JSON of a dropped question, retention (s), contact (the first alias),
--       then kind and hash of each alias, the strongest first
-- Returns {conversation's id, "new"|"repeated"}
local FIRST_ALIAS = 16
local tenant, channel = ARGV[2], ARGV[3]
local seen = seen_key(ARGV[5], ARGV[6])
local known = redis.call('GET', seen)
if known then return {known, 'repeated'} end
local ms = now_ms()
local names = aliases(FIRST_ALIAS)
local id = find_or_open(ARGV[1], tenant, channel, ARGV[4], ARGV[15], names, ms)
bind(id, channel, names)
address(conversation_key(id), ARGV[8])
redis.call('SET', seen, id, 'EX', ARGV[7])
list(conversations_key(tenant), id, ms, conversation_key)
silence(id, no_shorter(id, tonumber(ARGV[10]), ms), ARGV[11], ARGV[12], ARGV[13], ARGV[14], ms)
local entry = cjson.decode(ARGV[9])
write_entry(id, entry)
-- Channels keep no order: what the patient sent after it is not answered by it. Times are whole seconds.
local last = tonumber(redis.call('HGET', conversation_key(id), 'last_message_at') or 0)
if math.floor(last) <= entry.at then person_answered(id) end
keep(id, ARGV[14])
count_all()
return {id, 'new'}
