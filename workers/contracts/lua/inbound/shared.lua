-- Shared by the scripts that store posts of channels, and take them off, below prelude.lua.
-- Schema, below atende:1:
--   inbound       stream, group `intake`: kind, app, raw, at (s); of a mail raw is base64, and where it
--                 was fetched also folder, uid, validity, received_at (s), sent ("1"|"")
--   inbound-mail  hash: id of each entry that is a mail -> its channel: each is large, so fewer may wait
--   inbound-mail-of  hash: channel -> how many of its mails wait: no channel may fill the stream
--   inbound-aside list: JSON of what could not be read, the newest first
local INBOUND, INBOUND_MAIL = PREFIX .. 'inbound', PREFIX .. 'inbound-mail'
local INBOUND_MAIL_OF = PREFIX .. 'inbound-mail-of'

-- Stores a post; `fields` are further names and values.
local function store_post(kind, app, raw, ms, fields)
  if redis.call('EXISTS', INBOUND) == 0 then -- the stream was lost, and what is known of it with it
    redis.call('DEL', INBOUND_MAIL, INBOUND_MAIL_OF)
  end
  local entry = redis.call('XADD', INBOUND, '*', 'kind', kind, 'app', app, 'raw', raw,
    'at', seconds(ms), unpack(fields))
  if kind == 'email' then
    redis.call('HSET', INBOUND_MAIL, entry, app)
    redis.call('HINCRBY', INBOUND_MAIL_OF, app, 1)
  end
  redis.call('HINCRBY', COUNTERS, 'posts:' .. kind, 1)
end
