-- Hands out errands that are due, the longest due first. They stay due until something is said of
-- them: the holder is alone. One that was handed out so often has ended its holders.
-- KEYS: none (named by ARGV)
-- ARGV: channel, token of the mailbox, most, takes after which one is given up
-- Returns their JSON; nothing where another one has the mailbox
local channel, ms, errands = ARGV[1], now_ms(), {}
if not holds(channel, ARGV[2]) then return errands end
local due = redis.call('ZRANGEBYSCORE', errands_key(channel), '-inf', ms, 'LIMIT', 0, ARGV[3])
for _, hash in ipairs(due) do
  local key = errand_key(channel, hash)
  local errand = redis.call('HGET', key, 'errand')
  if not errand then
    redis.call('ZREM', errands_key(channel), hash) -- erased, or older than it is kept
  elseif redis.call('HINCRBY', key, 'takes', 1) > tonumber(ARGV[4]) then
    put_aside(channel, hash, 'ended whoever carried it out', ms)
  else
    errands[#errands + 1] = errand
  end
end
count_all()
return errands
