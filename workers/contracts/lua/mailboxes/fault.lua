-- Notes what is wrong with a mailbox, or that nothing is. Since when stays as it is.
-- KEYS: none (named by ARGV)
-- ARGV: channel, words; "": nothing is
-- Returns 1 where that changed from well to wrong or back, else 0
local key = mailbox_key(ARGV[1])
if ARGV[2] == '' then return redis.call('HDEL', key, 'fault', 'fault_since') > 0 and 1 or 0 end
redis.call('HSET', key, 'fault', ARGV[2])
local is_new = redis.call('HSETNX', key, 'fault_since', seconds(now_ms()))
if is_new == 1 then
  count('mailboxes:fault', 1)
  count_all()
end
return is_new
