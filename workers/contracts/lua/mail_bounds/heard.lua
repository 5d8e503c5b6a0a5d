-- Asks whether a sender wrote more within an hour than is asked, and counts the mail where not.
-- KEYS: mail-heard; see mail_bounds/shared.lua
-- ARGV: hash of the mail, now (ms), most mails in an hour
-- Returns 1 where it did, else 0
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(ARGV[2]) - HOUR_MS)
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 1 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], HOUR_MS)
return 0
