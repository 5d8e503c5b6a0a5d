-- Notes that an errand was carried out. What is done is done, also where its holder has lost the mailbox
-- meanwhile: only then somebody else may have done it as well, which is counted.
-- KEYS: none (named by ARGV)
-- ARGV: channel, token of the mailbox, hash of the errand's id
-- Returns 1, or 0 where there is no such errand, or it was done before
local channel, key = ARGV[1], errand_key(ARGV[1], ARGV[3])
if redis.call('HDEL', key, 'errand') == 0 then return 0 end
redis.call('HDEL', key, 'conversation', 'words')
redis.call('HSET', key, 'state', 'done')
redis.call('EXPIRE', key, DONE_SECONDS)
redis.call('ZREM', errands_key(channel), ARGV[3])
redis.call('ZREM', errands_aside_key(channel), ARGV[3])
count('errands:' .. redis.call('HGET', key, 'kind'), 1)
if not holds(channel, ARGV[2]) then count('errands:late', 1) end
count_all()
return 1
