-- Shared by the scripts that store posts of channels, and take them off, below prelude.lua.
-- Schema, below atende:1:
--   inbound       stream, group `intake`: kind, app, raw, at (s); of a mail raw is base64, and where it
--                 was fetched also folder, uid, validity, received_at (s), sent ("1"|"")
--   inbound-mail  set: ids of the entries that are mails: each is large, so fewer may wait
--   inbound-aside list: JSON of what could not be read, the newest first
local INBOUND, INBOUND_MAIL = PREFIX .. 'inbound', PREFIX .. 'inbound-mail'

-- Stores a post; `fields` are further names and values.
local function store_post(kind, app, raw, ms, fields)
  if redis.call('EXISTS', INBOUND) == 0 then redis.call('DEL', INBOUND_MAIL) end -- of a lost stream
  local entry = redis.call('XADD', INBOUND, '*', 'kind', kind, 'app', app, 'raw', raw,
    'at', seconds(ms), unpack(fields))
  if kind == 'email' then redis.call('SADD', INBOUND_MAIL, entry) end
  redis.call('HINCRBY', COUNTERS, 'posts:' .. kind, 1)
end
