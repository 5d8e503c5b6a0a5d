-- Notes where a folder begins: at first, and when its server numbers it anew (UIDVALIDITY changed). A
-- folder that is known with this UIDVALIDITY stays as it is.
-- KEYS: none (named by ARGV)
-- ARGV: channel, token, hash of the folder, UIDVALIDITY, last UID that is not posted, time (s) before
--       which no mail is posted
-- Returns 1, or 0 where another one has the mailbox
if not holds(ARGV[1], ARGV[2]) then return 0 end
local key = folder_key(ARGV[1], ARGV[3])
if redis.call('HGET', key, 'validity') ~= ARGV[4] then
  redis.call('HSET', key, 'validity', ARGV[4], 'last_uid', ARGV[5], 'since', ARGV[6])
  redis.call('HSETNX', key, 'started_at', seconds(now_ms()))
end
return 1
