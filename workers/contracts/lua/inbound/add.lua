-- Stores a post of a channel, as it came.
-- KEYS: none; see inbound/shared.lua
-- ARGV: limit of the stream's length, most mails in it, kind of the channel, app whose secret signed it
--       (of mail: the channel), raw body, most mails of one channel
-- Returns 1, or 0 where the stream is full and nothing was stored
if redis.call('XLEN', INBOUND) >= tonumber(ARGV[1]) then return 0 end
if ARGV[3] == 'email' then
  if redis.call('HLEN', INBOUND_MAIL) >= tonumber(ARGV[2]) then return 0 end
  local own = tonumber(redis.call('HGET', INBOUND_MAIL_OF, ARGV[4]) or 0)
  if own >= tonumber(ARGV[6]) and redis.call('EXISTS', INBOUND) == 1 then return 0 end
end
store_post(ARGV[3], ARGV[4], ARGV[5], now_ms(), {})
return 1
