-- Takes in where a message stands. States only rise; `failed` comes before delivery alone, and is
-- final. What follows for the delivery is set in the same step: one that counted as done and
-- failed is due again, one whose fate was unknown and that arrived is done at its next turn.
-- KEYS: none (named by ARGV)
-- ARGV: channel, hash of the message, question id that the status names ("" without), state, code,
--       retention (s), month, category ("" where nothing is billed), all of it as JSON
-- Returns {"unknown"|"stale"|"kept"|"moved", question id, state now, billed in this month, "1" where
--   this message was counted as billed now}
local EARLY_KEPT, EARLY_SECONDS = 5, 3600
local channel, message, state = ARGV[1], ARGV[2], ARGV[4]

-- Whose message it is: by its id, else by the question that it names.
local function owner()
  local id = redis.call('GET', sent_key(channel, message)) or ARGV[3]
  if id == '' then return nil end
  local own = redis.pcall('HGET', send_key(id), 'channel')
  return own == channel and id or nil
end

local of_month = channel .. ':' .. ARGV[7] .. ':'

local function bill(key)
  local counted = redis.call('HGET', key, 'billed') or ''
  if ARGV[8] == '' or string.find(counted, message .. ' ', 1, true) then return 0 end
  redis.call('HSET', key, 'billed', counted .. message .. ' ')
  redis.call('HINCRBY', BILLED, of_month .. ARGV[8], 1)
  return 1
end

local function reopen_delivery(id, before, ms)
  local key = question_key(id)
  local delivery = redis.pcall('HGET', key, 'delivery')
  if state == 'failed' and delivery == 'delivered' then
    redis.call('PERSIST', key)
    redis.call('HSET', key, 'delivery', 'pending')
    redis.call('ZADD', OUTBOX, ms, id)
    count('delivery:reopened', 1)
  elseif delivery == 'pending' and (state == 'failed' or RANK[before] < RANK.accepted) then
    redis.call('ZADD', OUTBOX, 'XX', ms, id)
  elseif delivery == 'dead' and state ~= 'failed' then
    redis.call('HSET', key, 'delivery', 'delivered')
    unlist_dead(id, tenant_of(key))
    count('delivery:delivered', 1)
  end
end

local id = owner()
if not id then
  local key = early_statuses_key(channel, message)
  redis.call('RPUSH', key, ARGV[9])
  redis.call('LTRIM', key, -EARLY_KEPT, -1)
  redis.call('EXPIRE', key, EARLY_SECONDS)
  count('statuses:unknown', 1)
  count_all()
  return {'unknown', '', '', 0, 0}
end
local key, ms = send_key(id), now_ms()
local before = redis.call('HGET', key, 'state')
local verdict = 'kept'

-- Sent twice without knowing: that a message failed says nothing of the other.
local function is_other_failure()
  local s = redis.call('HMGET', key, 'message', 'resent')
  return state == 'failed' and s[2] and s[1] ~= message
end

local function rises()
  if before == 'failed' then return false end
  if state == 'failed' then return before ~= 'open' and RANK[before] < RANK.delivered end
  return RANK[state] > RANK[before]
end

if is_past(key, message) or is_other_failure() then
  verdict = 'stale'
elseif before and (state == 'failed' or RANK[state]) then
  redis.call('SET', sent_key(channel, message), id, 'EX', ARGV[6])
  name_message(key, message)
  if is_past(key, message) then
    verdict = 'stale' -- another message of this question counts: this one was sent as well
  elseif rises() then
    verdict = 'moved'
    redis.call('HSET', key, 'state', state, 'code', ARGV[5])
    reopen_delivery(id, before, ms)
  end
end
local counted = bill(key)
count('statuses:' .. (verdict == 'moved' and state or verdict), 1)
count_all()
local total = counted == 1 and billed_in(of_month) or 0
return {verdict, id, redis.call('HGET', key, 'state') or '', total, counted}
