-- Hands out bursts that are due, leased: where none of them is asked, they are due again.
-- KEYS: bursts
-- ARGV: most, lease (ms), entries of the transcript that turns are read from, takes after which one
--       that fails here is a person's
-- Returns a row for each: {conversation's hash as a flat list, bubbles JSON as a list, entries JSON
--   as a list, text of the question that is in line or "", "1" where one is being answered}
local ms = now_ms()
-- Bubbles that an emergency takes with it: it stands behind no more than fits into one question.
local MOST_URGENT = 1000

-- How many bubbles one question takes, beside what is in it already.
local function fitting(members, bubbles, chars)
  local n = 0
  for _, m in ipairs(members) do
    bubbles, chars = bubbles + 1, chars + characters(bubble_of(m).text or '')
    if (bubbles > MOST_BUBBLES or chars > MOST_CHARS) and (n > 0 or bubbles > 1) then break end
    n = n + 1
  end
  return n
end

local function text_of(request)
  local readable, fields = pcall(cjson.decode, request)
  local text = readable and type(fields) == 'table' and fields.question
  return type(text) == 'string' and text or ''
end

local function take(id)
  local key = conversation_key(id)
  local urgent = redis.call('HGET', key, 'urgent')
  local most = urgent and MOST_URGENT or MOST_BUBBLES
  local members = redis.call('ZRANGE', pending_key(id), 0, most - 1)
  if #members == 0 or not exists(id) then
    redis.call('ZREM', KEYS[1], id)
    return nil
  end
  local question, status, request = in_flight(key)
  if not question and redis.call('HDEL', key, 'question') == 1 then
    redis.call('HINCRBY', key, 'revision', 1) -- its record is gone: nothing will end it
  end
  local text, bubbles = '', 0
  if status == 'queued' then
    text, bubbles = text_of(request), tonumber(redis.call('HGET', key, 'asked') or 1)
  end
  local n = fitting(members, bubbles, characters(text))
  local busy = status == 'claimed' or n == 0
  if busy then text, n = '', fitting(members, 0, 0) end
  if urgent then text, n = '', #members end
  redis.call('ZADD', KEYS[1], ms + ARGV[2], id)
  local entries = redis.call('LRANGE', transcript_key(id), -ARGV[3], -1)
  redis.call('HINCRBY', key, 'takes', 1)
  return {redis.call('HGETALL', key), {unpack(members, 1, n)}, entries, text, busy and '1' or ''}
end

local rows = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ms, 'LIMIT', 0, ARGV[1])) do
  local readable, row = pcall(take, id)
  if readable and row then
    rows[#rows + 1] = row
  elseif not readable then -- damaged: it must not hold up the others
    redis.call('ZADD', KEYS[1], ms + ARGV[2], id)
    count('conversations_damaged', 1)
    local takes = redis.pcall('HINCRBY', conversation_key(id), 'takes', 1)
    if type(takes) == 'number' and takes >= tonumber(ARGV[4]) then pcall(give_up, id, ms) end
  end
end
count_all()
return rows
