-- Changes the text of a bubble, or takes it back, where it was not asked yet. A text that comes later
-- is noted in the transcript, once. One that is taken back before it comes is remembered as seen: it
-- will not be asked.
-- KEYS: none (named by ARGV)
-- ARGV: channel, hash of the message's id, the id, "text"|"revoke", new text, time (s),
--       retention (s), seconds that a message is remembered
-- Returns 1, or 0 where the bubble does not wait any more
local seen = seen_key(ARGV[1], ARGV[2])
local id = redis.call('GET', seen)
if not id and ARGV[4] == 'revoke' then redis.call('SET', seen, '', 'EX', ARGV[8]) end
if not id or not exists(id) then return 0 end
local key = conversation_key(id)

local function noted()
  for _, entry in ipairs(redis.call('LRANGE', transcript_key(id), 0, -1)) do
    local readable, e = pcall(cjson.decode, entry)
    if readable and type(e) == 'table' and e.kind == 'edit' and e.text == ARGV[5] then return true end
  end
  return false
end

for _, m in ipairs(redis.call('ZRANGE', pending_key(id), 0, -1)) do
  local bubble = bubble_of(m)
  if bubble.id == ARGV[3] then
    local score = redis.call('ZSCORE', pending_key(id), m)
    redis.call('ZREM', pending_key(id), m)
    if ARGV[4] == 'text' then
      bubble.text = ARGV[5]
      local arrival = string.match(m, '^%d+')
      redis.call('ZADD', pending_key(id), score, arrival .. ' ' .. cjson.encode(bubble))
    end
    redis.call('HINCRBY', key, 'revision', 1) -- who has the burst in hand has an old one
    recount(id, key)
    keep(id, ARGV[7])
    return 1
  end
end
if ARGV[4] == 'text' and not noted() then
  enter_bubble(id, {text = ARGV[5], sent_at = tonumber(ARGV[6]), kind = 'edit'})
  keep(id, ARGV[7])
end
return 0
