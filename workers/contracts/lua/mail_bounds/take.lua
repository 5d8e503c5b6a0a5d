-- Asks whether an automatic answer to a mail may go now, and counts it where it may. The same answer
-- asked for again passes again uncounted; a mail gets no second one.
-- KEYS: mail-passed, mail-answers or mail-emergencies, mail-minute; see mail_bounds/shared.lua
-- ARGV: hash of the mail, whose answer it is, now (ms), answers that a sender may get in an hour, in a
--       day, answers of the channel in a minute (0: no bound), seconds that it is
--       remembered
-- Returns {"go"|"wait"|"loop", ms to wait}
local mail, ms = ARGV[1], tonumber(ARGV[3])

local function within(key, how_long)
  return redis.call('ZCOUNT', key, '(' .. string.format('%d', ms - how_long), '+inf')
end

local owner = redis.call('GET', KEYS[1])
if owner then return {owner == ARGV[2] and 'go' or 'loop', 0} end

if within(KEYS[2], HOUR_MS) >= tonumber(ARGV[4]) or within(KEYS[2], DAY_MS) >= tonumber(ARGV[5]) then
  redis.call('SET', KEYS[1], 'loop', 'EX', ARGV[7]) -- also where it is asked for again, hours later
  count('mails:loop', 1)
  count_all()
  return {'loop', 0}
end

local most = tonumber(ARGV[6])
if most > 0 and within(KEYS[3], MINUTE_MS) >= most then
  local last = redis.call('ZREVRANGE', KEYS[3], most - 1, most - 1, 'WITHSCORES')
  return {'wait', math.max(1, tonumber(last[2]) + MINUTE_MS - ms)}
end

redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[7])
for key, how_long in pairs({[KEYS[2]] = DAY_MS, [KEYS[3]] = MINUTE_MS}) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', ms - how_long)
  redis.call('ZADD', key, ms, mail)
  redis.call('PEXPIRE', key, how_long)
end
return {'go', 0}
