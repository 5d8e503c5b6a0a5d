-- Shared by the scripts of mailboxes, below prelude.lua.
-- Schema, below atende:1:
--   mailbox:{channel}  hash: token (rises with every lease: the fence), holder, until (ms; when the
--                      lease ends), account (hash), looked_at (s), fault (words), fault_since (s)
--   folder:{channel}:{hash of its name}  hash: validity, last_uid (everything up to it is posted or
--                      passed over), since (s; mails that came before are not posted), looked_at (s),
--                      started_at (s)
-- Nothing of them expires: who was off for a month goes on where it was.
local function mailbox_key(channel)
  return PREFIX .. 'mailbox:' .. channel
end

local function folder_key(channel, hash)
  return PREFIX .. 'folder:' .. channel .. ':' .. hash
end

-- Whether a token is that of the last lease. One whose lease has ended holds on while nobody else took
-- the mailbox: the fence is all that is needed.
local function holds(channel, token)
  return redis.call('HGET', mailbox_key(channel), 'token') == token
end

-- Sets a time (s) that only rises.
local function rise(key, field, at)
  if tonumber(redis.call('HGET', key, field) or 0) < tonumber(at) then
    redis.call('HSET', key, field, at)
  end
end
