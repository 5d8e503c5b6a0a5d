-- Notes that all of a folder was looked through.
-- KEYS: none (named by ARGV)
-- ARGV: channel, token, hash of the folder, when (s)
-- Returns 1, or 0 where another one has the mailbox, or the folder was never opened
local key = folder_key(ARGV[1], ARGV[3])
if not holds(ARGV[1], ARGV[2]) or redis.call('EXISTS', key) == 0 then return 0 end
rise(key, 'looked_at', ARGV[4])
rise(mailbox_key(ARGV[1]), 'looked_at', ARGV[4])
return 1
