-- Shared by the scripts that find a conversation by its contact, below shared.lua.
-- An alias is {kind, hash}; `user`, the channel's own id of a person, is stronger than any other:
-- a phone number may go to another person. `thread` and `subject` lead to a mail's thread; by `email`,
-- an address, a contact's conversations are listed, and none is found: it may have many.
local FIELD = {user = 'user_id', phone = 'phone'} -- of a recipient
local MOST_THREAD_NAMES = 500 -- of a conversation: each mail brings its own

-- The aliases in ARGV from `first` on; `last` is the last argument of them.
local function aliases(first, last)
  local names = {}
  for i = first, last or #ARGV, 2 do
    names[#names + 1] = {kind = ARGV[i], hash = ARGV[i + 1]}
  end
  return names
end

local function has_user(names)
  for _, name in ipairs(names) do
    if name.kind == 'user' then return true end
  end
  return false
end

-- Whether a conversation is known by a user id.
local function known_user(id)
  for _, alias in ipairs(redis.call('SMEMBERS', aliases_key(id))) do
    if string.sub(alias, 1, 5) == 'user:' then return true end
  end
  return false
end

-- The conversation of a contact. One who names a user id is not who is known by another: a number
-- that both had has changed hands.
local function find(channel, names)
  local named = has_user(names)
  for _, name in ipairs(names) do
    local id = redis.call('GET', alias_key(channel, name.hash))
    if id and name.kind ~= 'email' and exists(id) and (name.kind == 'user' or not named or not known_user(id)) then
      return id
    end
  end
  return nil
end

-- The contact's conversation with a clinic; a new one, with the id `fresh`, where there is none. A
-- channel may have been another clinic's before: what was said to that one stays there.
local function find_or_open(fresh, tenant, channel, kind, contact, names, ms)
  local id = find(channel, names)
  if id and redis.call('HGET', conversation_key(id), 'tenant') == tenant then return id end
  redis.call('HSET', conversation_key(fresh), 'id', fresh, 'tenant', tenant, 'channel', channel,
    'kind', kind, 'contact', contact, 'recipient', '{}', 'opened_at', seconds(ms),
    'last_message_at', 0, 'revision', 0)
  count('conversations', 1)
  return fresh
end

local function member(channel, name)
  return name.kind .. ':' .. channel .. ':' .. name.hash
end

-- Takes an alias from the conversation that has it. Another person's is no longer reached by it.
local function take_alias(id, channel, name)
  redis.call('SREM', aliases_key(id), member(channel, name))
  local key = conversation_key(id)
  local recipient = redis.call('HGET', key, 'recipient')
  if recipient and FIELD[name.kind] and known_user(id) then
    recipient = cjson.decode(recipient)
    recipient[FIELD[name.kind]] = nil
    redis.call('HSET', key, 'recipient', cjson.encode(recipient))
  end
end

-- Makes room for one more id of a thread: any of the others goes.
local function make_room(id)
  if redis.call('SCARD', aliases_key(id)) < MOST_THREAD_NAMES then return end
  local one = redis.call('SRANDMEMBER', aliases_key(id))
  if string.sub(one, 1, 7) ~= 'thread:' then return end
  redis.call('SREM', aliases_key(id), one)
  local name = PREFIX .. 'alias:' .. string.sub(one, 8)
  if redis.call('GET', name) == id then redis.call('DEL', name) end
end

-- Makes aliases lead to a conversation. One with another clinic keeps its names: it is erased by them.
local function bind(id, channel, names)
  local tenant = redis.call('HGET', conversation_key(id), 'tenant')
  for _, name in ipairs(names) do
    if name.kind == 'thread' then make_room(id) end
    if name.kind ~= 'email' then
      local key = alias_key(channel, name.hash)
      local other = redis.call('GET', key)
      if other and other ~= id and redis.pcall('HGET', conversation_key(other), 'tenant') == tenant then
        take_alias(other, channel, name)
      end
      redis.call('SET', key, id)
    end
    redis.call('SADD', aliases_key(id), member(channel, name))
  end
end

-- Writes down how the channel names a recipient; what it leaves out this time stays.
local function address(key, given)
  local readable, recipient = pcall(cjson.decode, redis.call('HGET', key, 'recipient') or '')
  if not readable or type(recipient) ~= 'table' then recipient = {} end -- damaged: it is known anew
  for field, value in pairs(cjson.decode(given)) do recipient[field] = value end
  redis.call('HSET', key, 'recipient', cjson.encode(recipient))
end

-- Takes in that a message came: finds or opens its conversation and remembers the message. Of one
-- that cannot be trusted (a forged mail, say) an existing conversation learns nothing.
-- m: {fresh, tenant, channel, kind, seen (key), remembered (s), recipient JSON, name, contact, names,
--     sent_at (s), trusted}
-- Returns the conversation's id, its key
local function receive(m, ms)
  local id = find_or_open(m.fresh, m.tenant, m.channel, m.kind, m.contact, m.names, ms)
  local key = conversation_key(id)
  if m.trusted or id == m.fresh then
    bind(id, m.channel, m.names)
    address(key, m.recipient)
    if m.names[1].kind == 'user' then redis.call('HSET', key, 'contact', m.contact) end
    if m.name ~= '' then redis.call('HSET', key, 'name', m.name) end
  end
  -- The sender's time opens the window: a message that comes late opens less of it.
  local sent = math.min(m.sent_at * 1000, ms)
  if sent > tonumber(redis.call('HGET', key, 'last_message_at')) * 1000 then
    redis.call('HSET', key, 'last_message_at', seconds(sent))
  end
  redis.call('SET', m.seen, id, 'EX', m.remembered)
  list(conversations_key(m.tenant), id, ms, conversation_key)
  return id, key
end
