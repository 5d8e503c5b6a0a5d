-- Notes that an errand failed: it is due again later, or given up after so many times. Where it did not
-- fail by itself (the connection broke), it counts as neither taken nor tried, and is due at once.
-- KEYS: none (named by ARGV)
-- ARGV: channel, token of the mailbox, hash of the errand's id, words or "" where it was spared, then ms
--       after which it is due again, for each time that it may fail before it is given up
-- Returns "again"|"aside", or "" where nothing changed: another one has the mailbox, or it is not there
local channel, hash, ms = ARGV[1], ARGV[3], now_ms()
local key = errand_key(channel, hash)
if not holds(channel, ARGV[2]) or not redis.call('ZSCORE', errands_key(channel), hash) then return '' end
if ARGV[4] == '' then
  redis.call('HINCRBY', key, 'takes', -1)
  return 'again'
end
local wait = ARGV[4 + redis.call('HINCRBY', key, 'tries', 1)]
if wait then
  redis.call('HSET', key, 'words', ARGV[4])
  redis.call('ZADD', errands_key(channel), ms + wait, hash)
else
  put_aside(channel, hash, ARGV[4], ms)
end
count_all()
return wait and 'again' or 'aside'
