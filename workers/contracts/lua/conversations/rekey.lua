-- Lets a conversation be found by a contact's new aliases. Earlier user ids still lead to it; an
-- earlier phone number does not, where there is a new one: it may soon be another person's. A message
-- that comes again changes nothing: another change may have followed.
-- KEYS: none (named by ARGV)
-- ARGV: channel, new recipient JSON, contact (the first new alias), retention (s), hash of the message
--       that told it ("" without), seconds that it is remembered, arguments of the old aliases, then
--       kind and hash of each old and each new alias, the strongest first
-- Returns the conversation's id, or nil where the contact has none
local FIRST_ALIAS = 8
local channel, last_old = ARGV[1], FIRST_ALIAS + ARGV[7] - 1
local seen = ARGV[5] ~= '' and seen_key(channel, ARGV[5])
local known = seen and redis.call('GET', seen)
if known then return exists(known) and known or nil end
local old, new = aliases(FIRST_ALIAS, last_old), aliases(last_old + 1)
local id = find(channel, old) or find(channel, new)
if not id then return nil end
if seen then redis.call('SET', seen, id, 'EX', ARGV[6]) end
local moved = {}
for _, name in ipairs(new) do moved[name.kind] = true end
for _, name in ipairs(old) do
  if name.kind ~= 'user' and moved[name.kind] then
    redis.call('SREM', aliases_key(id), member(channel, name))
    if redis.call('GET', alias_key(channel, name.hash)) == id then
      redis.call('DEL', alias_key(channel, name.hash))
    end
  end
end
bind(id, channel, new)
local key = conversation_key(id)
redis.call('HSET', key, 'recipient', ARGV[2], 'contact', ARGV[3])
keep(id, ARGV[4])
return id
