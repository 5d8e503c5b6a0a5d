-- Shared by the scripts of errands: what has to be done in a mailbox, by whoever holds it.
-- Schema, below atende:1:
--   errands:{channel}        zset: hash of the errand's id -> when it is due (ms)
--   errands-aside:{channel}  zset: hash of the id -> when it was given up (ms)
--   errand:{channel}:{hash}  hash: errand (JSON; gone once it is done), kind, conversation, takes (how
--                            often it was handed out), tries (how often it failed), words (why),
--                            state ("done"|"aside")
-- What was done is remembered for 8 days: whoever writes the errand again has not heard of it.
local DONE_SECONDS, ASIDE_SECONDS = 8 * 24 * 3600, 7 * 24 * 3600

local function errands_key(channel)
  return PREFIX .. 'errands:' .. channel
end

local function errands_aside_key(channel)
  return PREFIX .. 'errands-aside:' .. channel
end

local function errand_key(channel, hash)
  return PREFIX .. 'errand:' .. channel .. ':' .. hash
end

-- Gives an errand up: it is kept aside for a week. A person is called where a patient has no answer.
local function put_aside(channel, hash, words, ms)
  local key, aside = errand_key(channel, hash), errands_aside_key(channel)
  redis.call('ZREM', errands_key(channel), hash)
  redis.call('ZREMRANGEBYSCORE', aside, '-inf', ms - ASIDE_SECONDS * 1000)
  redis.call('ZADD', aside, ms, hash)
  redis.call('HSET', key, 'state', 'aside', 'words', words)
  redis.call('EXPIRE', key, ASIDE_SECONDS)
  redis.call('EXPIRE', aside, ASIDE_SECONDS)
  local e = redis.call('HMGET', key, 'kind', 'conversation')
  count('errands:given_up', 1)
  if e[1] == 'draft' and e[2] and redis.call('EXISTS', conversation_key(e[2])) == 1 then
    open_handoff(e[2], 'draft_failed', ms)
  end
end
