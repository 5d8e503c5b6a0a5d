-- What a contact wrote last and nobody has answered for: what waits to be asked, and what came while a
-- person has the conversation.
-- KEYS: none (named by ARGV)
-- ARGV: channel, since when (s), then kind and hash of each alias, the strongest first
-- Returns the texts in the order in which they were sent
local FIRST_ALIAS, MOST = 3, 20
local since = tonumber(ARGV[2])
local id = find(ARGV[1], aliases(FIRST_ALIAS))
if not id then return {} end
local bubbles = {}

local function add(at, text)
  if type(at) == 'number' and at >= since and type(text) == 'string' and text ~= '' then
    bubbles[#bubbles + 1] = {at = at, text = text, n = #bubbles}
  end
end

if paused_until(conversation_key(id), now_ms()) then
  for _, line in ipairs(redis.call('LRANGE', transcript_key(id), -MOST, -1)) do
    local readable, entry = pcall(cjson.decode, line)
    if readable and type(entry) == 'table' and entry.by == 'patient' then add(entry.at, entry.text) end
  end
end
for _, member in ipairs(redis.call('ZREVRANGE', pending_key(id), 0, MOST - 1)) do
  local bubble = bubble_of(member)
  add(bubble.sent_at, bubble.text)
end
table.sort(bubbles, function(a, b) return a.at < b.at or a.at == b.at and a.n < b.n end)
local texts = {}
for _, bubble in ipairs(bubbles) do texts[#texts + 1] = bubble.text end
return texts
