-- Shared by the scripts of conversations, below prelude.lua and accept.lua.
-- Schema, below atende:1:
--   conversation:{id}  hash: what stands in conversation.py, with the handoff as handoff_reason,
--                      handoff_since, attendant; and
--                      revision (rises with every change of what is to be asked: the fence),
--                      question (id of the one in flight), asked (bubbles in it),
--                      arrivals (bubbles so far), burst_at (ms; when the first that waits came),
--                      burst_chars (characters that wait), due (ms; when the burst is to be asked),
--                      urgent ("1": an emergency waits, so nothing puts it off),
--                      takes (how often its burst was taken and nothing came of it)
--   pending:{id}       zset: bubbles that wait, "{arrival} {JSON}" -> sender's time (ms), so that
--                      equal times keep the order of arrival
--   transcript:{id}    list: entries as JSON, the last 100: what was asked, answered, or written
--                      while a person has the conversation. Bubbles that wait are not in it yet
--   questions:{id}     zset: ids of its questions -> time asked (ms)
--   aliases:{id}       set: "{alias's kind}:{channel}:{hash}" of each alias
--   alias:{channel}:{hash of alias}     string: conversation's id
--   seen:{scope}:{hash of message}      string: conversation's id, for 8 days; the scope is a channel,
--                      or "@{tenant}": a mail that reaches two mailboxes of a clinic is one
--   bursts             zset: conversation's id -> when its burst is due (ms), or its lease ends
--   handoffs:{tenant}, conversations:{tenant}  zset: conversation's id -> since when (ms), when
--                      its last message came (ms)
-- Hashes are made in keys.py: names in Redis hold no number of a patient.
local LONGEST_MS, MOST_BUBBLES, MOST_CHARS = 20000, 20, 4000 -- of one burst

local function conversations_key(tenant)
  return PREFIX .. 'conversations:' .. tenant
end

local function alias_key(channel, hash)
  return PREFIX .. 'alias:' .. channel .. ':' .. hash
end

local function seen_key(scope, hash)
  return PREFIX .. 'seen:' .. scope .. ':' .. hash
end

local function exists(id)
  return redis.call('EXISTS', conversation_key(id)) == 1
end

-- Characters, not bytes, of a text in UTF-8.
local function characters(text)
  local _, n = string.gsub(text, '[^\128-\191]', '')
  return n
end

local KINDS = {text = true, choice = true, media = true}

-- A bubble that waits. One that is damaged is a medium that nobody can read: it keeps nobody from
-- the others.
local function bubble_of(member)
  local readable, b = pcall(cjson.decode, string.match(member, '^%d+ (.*)$') or '')
  local whole = readable and type(b) == 'table' and type(b.text or '') == 'string'
    and type(b.sent_at) == 'number' and (b.kind == nil or KINDS[b.kind])
    and type(b.media or '') == 'string'
  if whole then return b end
  return {text = '', sent_at = tonumber(seconds(now_ms())), kind = 'media', media = 'unreadable'}
end

-- Enters a bubble into the transcript; `question` is that of which it is a part, or nil.
local function enter_bubble(id, bubble, question)
  write_entry(id, {by = 'patient', text = bubble.text or '', at = bubble.sent_at,
    kind = bubble.kind, media = bubble.media, question = question})
end

-- The question in flight, its status and its request; nil where there is none any more.
local function in_flight(key)
  local id = redis.call('HGET', key, 'question')
  if not id then return nil end
  local q = redis.pcall('HMGET', question_key(id), 'status', 'request')
  if q[1] ~= 'queued' and q[1] ~= 'claimed' then return nil end
  return id, q[1], q[2]
end

-- Writes down until when the assistant is silent; nil where it is not.
local function paused_until(key, ms)
  local till = redis.call('HGET', key, 'paused_until')
  if till and tonumber(till) * 1000 > ms then return till end
  if till then redis.call('HDEL', key, 'paused_until', 'paused_by') end
  return nil
end

-- Sets when the burst is due: after `wait` ms of quiet, and at once where it is as long as it may be.
local function schedule(id, key, wait, ms)
  local c = redis.call('HMGET', key, 'burst_at', 'burst_chars', 'urgent')
  local due = math.min(ms + wait, tonumber(c[1]) + LONGEST_MS)
  if redis.call('ZCARD', pending_key(id)) >= MOST_BUBBLES or tonumber(c[2]) >= MOST_CHARS then
    due = ms
  end
  if c[3] then due = 0 end -- before all that is due
  redis.call('HSET', key, 'due', math.max(due, 0))
  redis.call('ZADD', BURSTS, due, id)
end

-- Lets a burst that is not asked now be taken again at its own time.
local function put_back(id, key, ms)
  if redis.call('EXISTS', pending_key(id)) == 1 then
    redis.call('ZADD', BURSTS, math.max(ms, tonumber(redis.call('HGET', key, 'due') or 0)), id)
  else
    redis.call('ZREM', BURSTS, id)
  end
end

-- Brings the fields of a burst in line with the bubbles that are left, after some were taken out.
local function recount(id, key)
  local left = redis.call('ZRANGE', pending_key(id), 0, -1)
  if #left == 0 then
    redis.call('HDEL', key, 'burst_at', 'burst_chars', 'due', 'urgent', 'takes')
    redis.call('ZREM', BURSTS, id)
    return
  end
  local chars, urgent = 0, false
  for _, member in ipairs(left) do
    local bubble = bubble_of(member)
    chars, urgent = chars + characters(bubble.text or ''), urgent or bubble.urgent
  end
  redis.call('HSET', key, 'burst_chars', chars)
  if not urgent then redis.call('HDEL', key, 'urgent') end
end

-- Ends the question in flight as cancelled, for the reason in `outcome`.
local function cancel_flight(key, question, group, outcome, retention, ms)
  redis.call('HDEL', key, 'question', 'asked') -- before: its end changes nothing in here
  finish(question_key(question), question, group, 'cancelled', outcome, retention, ms)
end

-- How long (ms) it is silent where it is so already: a person who goes on shortens nothing.
local function no_shorter(id, how_long, ms)
  return math.max(how_long, tonumber(paused_until(conversation_key(id), ms) or 0) * 1000 - ms)
end

-- Notes that a patient waits for the person who has the conversation.
local function await_person(id, ms)
  local key = conversation_key(id)
  local c = redis.call('HMGET', key, 'handoff_reason', 'tenant')
  if c[1] ~= 'person_took_over' then return open_handoff(id, 'waiting', ms) end
  redis.call('HSET', key, 'handoff_since', seconds(ms), 'handoff_reason', 'waiting')
  list(handoffs_key(c[2]), id, ms, conversation_key)
end

-- A person has answered: nobody waits any more, whatever for. What an attendant has claimed stays his.
local function person_answered(id)
  local key = conversation_key(id)
  local c = redis.call('HMGET', key, 'handoff_reason', 'attendant', 'tenant')
  if not c[1] then return end
  if c[2] then
    if c[1] == 'waiting' then redis.call('HSET', key, 'handoff_reason', 'person_took_over') end
  else
    redis.call('HDEL', key, 'handoff_since', 'handoff_reason')
    redis.call('ZREM', handoffs_key(c[3]), id)
  end
end

-- Lets the assistant be silent for a time. What it was about to answer is dropped, and what waited to
-- be asked is a person's to read; but an emergency still waits, for its fixed text.
local function silence(id, how_long, by, group, outcome, retention, ms)
  local key = conversation_key(id)
  redis.call('HSET', key, 'paused_until', seconds(ms + how_long), 'paused_by', by)
  redis.call('HINCRBY', key, 'revision', 1)
  local question = in_flight(key)
  if question then cancel_flight(key, question, group, outcome, retention, ms) end
  local waits = question ~= nil
  for _, m in ipairs(redis.call('ZRANGE', pending_key(id), 0, -1)) do
    local bubble = bubble_of(m)
    if not bubble.urgent then
      enter_bubble(id, bubble)
      redis.call('ZREM', pending_key(id), m)
      waits = waits or not bubble.thanks
    end
  end
  if waits then open_handoff(id, 'waiting', ms) end
  recount(id, key)
  keep(id, retention)
end

-- Leaves what waits to be asked to a person. Keys that hold what they should not are emptied, so that
-- the conversation goes on.
local function give_up(id, ms)
  local key = conversation_key(id)
  for name, expected in pairs({[pending_key(id)] = 'zset', [transcript_key(id)] = 'list',
    [questions_key(id)] = 'zset'}) do
    if redis.call('TYPE', name).ok ~= expected then redis.call('DEL', name) end
  end
  for _, m in ipairs(redis.call('ZRANGE', pending_key(id), 0, -1)) do
    enter_bubble(id, bubble_of(m))
  end
  redis.call('DEL', pending_key(id))
  recount(id, key)
  redis.call('HINCRBY', key, 'revision', 1)
  open_handoff(id, 'unreadable', ms)
  count('bursts_given_up', 1)
end

-- Writes a question of a conversation.
local function write_question(id, question, request, lane, callback, expires, ms)
  accept(question, request, lane, callback, expires)
  redis.call('HSET', question_key(question), 'conversation', id)
  list(questions_key(id), question, ms, question_key)
end

-- Ends a question that was written in the same step. An emergency's text is sent before all others.
local function end_at_once(id, question, group, status, outcome, retention, ms)
  finish(question_key(question), question, group, status, outcome, retention, ms)
  if cjson.decode(outcome).reason == 'emergency' then
    redis.call('ZADD', OUTBOX, 'XX', 0, question)
  end
  enter_outcome(id, question, status, outcome, ms)
end
