-- Notes what came of an attempt, where nothing better is known: a status may have come before.
-- KEYS: send hash
-- ARGV: id, attempt, new state, code, hash of the message or "", retention (s),
--       then names and values of further fields
-- Returns {state, code} as they are now
local FROM = {
  open = {sending = true, ambiguous = true, failed = true, open = true},
  ambiguous = {sending = true},
  accepted = {sending = true, ambiguous = true},
  failed = {sending = true, ambiguous = true, open = true},
}
local s = redis.call('HMGET', KEYS[1], 'attempt', 'state', 'channel')
local to, message = ARGV[3], ARGV[5]
if message ~= '' and s[3] then
  redis.call('SET', sent_key(s[3], message), ARGV[1], 'EX', ARGV[6])
  if s[1] == ARGV[2] then name_message(KEYS[1], message) else outdate(KEYS[1], message) end
end
if s[1] == ARGV[2] and s[2] and FROM[to][s[2]] then
  redis.call('HSET', KEYS[1], 'state', to, 'code', ARGV[4])
  local earlier = to == 'open' and redis.call('HGET', KEYS[1], 'message')
  if earlier then
    outdate(KEYS[1], earlier) -- what is still told of it says nothing of the next attempt
    redis.call('HDEL', KEYS[1], 'message')
  end
  for i = 7, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
  redis.call('EXPIRE', KEYS[1], ARGV[6])
  if to ~= s[2] then
    count('sends:' .. (to == 'open' and s[2] == 'failed' and 'reopened' or to), 1)
  end
end
count_all()
return redis.call('HMGET', KEYS[1], 'state', 'code')
