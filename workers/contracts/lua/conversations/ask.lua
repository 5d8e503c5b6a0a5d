-- Asks a burst that was taken: its bubbles become one question, all or none. One that is in line
-- already is merged into it. With an outcome the question ends in the same step, beside whatever is
-- in flight: a fixed text waits for nobody.
-- KEYS: none (named by ARGV)
-- ARGV: conversation, revision that the burst was taken at, bubbles of it, question's id,
--       request JSON, lane, callback "1"|"0", expires_at (ms or ""), lane's limit, retention (s),
--       group, outcome's status ("" without one), outcome JSON, outcome JSON of a merged question,
--       "1" where the request holds the text of the question in line
-- Returns {"asked"|"changed"|"full"|"busy", question's id}
local id, question, lane, retention, group = ARGV[1], ARGV[4], ARGV[6], ARGV[10], ARGV[11]
local key, ms = conversation_key(id), now_ms()
if redis.call('HGET', question_key(question), 'conversation') == id then
  return {'asked', question} -- the same call, sent again
end
if redis.call('HGET', key, 'revision') ~= ARGV[2] then
  if exists(id) then put_back(id, key, ms) end
  redis.call('HDEL', key, 'takes')
  return {'changed', ''}
end

local at_once = ARGV[12] ~= ''
local expires = at_once and '' or ARGV[8]

local function sooner(one, other)
  if not one or other == '' then return other end
  return string.format('%d', math.min(tonumber(one), tonumber(other)))
end

local other, status = in_flight(key)
local bubbles = tonumber(ARGV[3])
if not at_once then
  if status == 'claimed' or (status == 'queued' and ARGV[15] == '') then
    redis.call('HDEL', key, 'takes')
    return {'busy', ''} -- its end makes the burst due
  end
  if status == 'queued' then
    expires = sooner(redis.call('ZSCORE', DEADLINES, other), expires) -- he has waited since then
    bubbles = bubbles + tonumber(redis.call('HGET', key, 'asked') or 1)
    cancel_flight(key, other, group, ARGV[14], retention, ms)
    count('questions_merged', 1)
  elseif is_full(lane, tonumber(ARGV[9])) then
    redis.call('HDEL', key, 'takes')
    return {'full', ''} -- due again when the lease ends
  end
end

local taken = redis.call('ZRANGE', pending_key(id), 0, ARGV[3] - 1)
for _, m in ipairs(taken) do enter_bubble(id, bubble_of(m), question) end
redis.call('ZREM', pending_key(id), unpack(taken))
write_question(id, question, ARGV[5], lane, ARGV[7], expires, ms)
redis.call('HINCRBY', key, 'revision', 1)
if at_once then
  end_at_once(id, question, group, ARGV[12], ARGV[13], retention, ms)
else
  redis.call('HSET', key, 'question', question, 'asked', bubbles)
end
redis.call('HSET', key, 'burst_at', ms) -- of what is left
recount(id, key)
put_back(id, key, ms)
redis.call('HDEL', key, 'takes') -- last: where anything above fails, it counts
keep(id, retention)
count_all()
return {'asked', question}
