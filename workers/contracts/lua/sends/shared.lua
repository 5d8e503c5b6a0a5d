-- Shared by the scripts of messages that go out, below prelude.lua.
-- Schema, below atende:1:
--   send:{question id}  hash: channel, state (see RANK; `open`: certainly not sent, `failed`:
--                       certainly not delivered), attempt (rises with every request: the fence),
--                       since (ms; when that request began), address (`user_id`, `phone`),
--                       message (hash of the WhatsApp id that the attempt got), past (those of
--                       earlier attempts, each with a space behind it), code (why it failed),
--                       moved ("1": the other address was tried), template ("due", "1": tried),
--                       resent ("1": it was sent once more without knowing), text (its mark: an
--                       echo of it is known by that),
--                       billed (hashes of the messages that were counted, likewise)
--   sent:{channel}:{hash of message}  string: question id
--   early-statuses:{channel}:{hash of message}  list: statuses as JSON, the last 5, for an hour: of a
--                       message that is no question's yet, since the reply has not come
--   pace:{channel}, pair:{channel}:{conversation}  hash: tokens, at (ms; when they were counted),
--                       wait_until (ms), refusals (since the last success); of a number also
--                       no_templates_until (ms), next_look (ms; when the next one that waits for
--                       its channel to be repaired may look)
--   answers:{channel}:{conversation}:{day}  string: messages begun for the contact on that day
--   paused-channels     hash: channel -> {code, reason, since (s), token (its fingerprint),
--                       probe_at (ms)}
--   billed              hash: "{channel}:{month}:{category}" -> messages
local PAUSED_CHANNELS, BILLED = PREFIX .. 'paused-channels', PREFIX .. 'billed'
local RANK = {open = 0, sending = 1, ambiguous = 2, accepted = 3, sent = 4, delivered = 5, read = 6}

local function sent_key(channel, message)
  return PREFIX .. 'sent:' .. channel .. ':' .. message
end

local function early_statuses_key(channel, message)
  return PREFIX .. 'early-statuses:' .. channel .. ':' .. message
end

-- Messages that a channel was billed in a month, of every category; `of_month`: "{channel}:{month}:".
local function billed_in(of_month)
  local total, all = 0, redis.call('HGETALL', BILLED)
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, #of_month) == of_month then total = total + tonumber(all[i + 1]) end
  end
  return total
end

local function is_past(key, message)
  return string.find(redis.call('HGET', key, 'past') or '', message .. ' ', 1, true) ~= nil
end

-- When one that waits for a paused channel may look again, in ms: soon, but one after the other, so that
-- however many wait, a few look each second, and all of them find a repair at that pace.
local function look_again(key, soonest, apart, ms)
  local look = math.max(ms + soonest, tonumber(redis.call('HGET', key, 'next_look') or 0))
  redis.call('HSET', key, 'next_look', look + apart)
  return look - ms
end

-- Remembers that a message is not the one that counts.
local function outdate(key, message)
  if not is_past(key, message) then
    redis.call('HSET', key, 'past', (redis.call('HGET', key, 'past') or '') .. message .. ' ')
  end
end

-- Notes which message this attempt became. Where it already has another one, two went out.
local function name_message(key, message)
  local known = redis.call('HGET', key, 'message')
  if not known then
    redis.call('HSET', key, 'message', message)
  elseif known ~= message and not is_past(key, message) then
    outdate(key, message)
    count('sends:twice', 1)
  end
end
