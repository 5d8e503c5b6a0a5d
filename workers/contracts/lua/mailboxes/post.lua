-- Posts a mail of a folder, or passes it over, and moves the folder's last UID: all or nothing, so that
-- no mail is lost or posted twice wherever its holder dies. A UID that is behind is done already.
-- KEYS: none (named by ARGV)
-- ARGV: channel, token, hash of the folder, UIDVALIDITY, UID, "post"|"pass"|"caught_up" (passed over,
--       and what came before a time is left out no more), folder, received_at (s), mail in base64, "1"
--       where the clinic itself has sent it, else ""
-- Returns 1, or 0 where another one has the mailbox, or the folder is numbered otherwise
local channel, uid = ARGV[1], ARGV[5]
if not holds(channel, ARGV[2]) then return 0 end
local key = folder_key(channel, ARGV[3])
local f = redis.call('HMGET', key, 'validity', 'last_uid')
if f[1] ~= ARGV[4] then return 0 end
if ARGV[6] == 'caught_up' then redis.call('HSET', key, 'since', 0) end
if tonumber(uid) <= tonumber(f[2] or 0) then return 1 end
redis.call('HSET', key, 'last_uid', uid)
if ARGV[6] == 'post' then
  store_post('email', channel, ARGV[9], now_ms(),
    {'folder', ARGV[7], 'uid', uid, 'validity', ARGV[4], 'received_at', ARGV[8],
      'sent', ARGV[10]})
end
return 1
