-- Stores a post of a channel, as it came.
-- KEYS: none; see inbound/shared.lua
-- ARGV: limit of the stream's length, most mails in it, kind of the channel, app whose secret signed it
--       (of mail: the channel), raw body
-- Returns 1, or 0 where the stream is full and nothing was stored
if redis.call('XLEN', INBOUND) >= tonumber(ARGV[1]) then return 0 end
if ARGV[3] == 'email' and redis.call('SCARD', INBOUND_MAIL) >= tonumber(ARGV[2]) then return 0 end
store_post(ARGV[3], ARGV[4], ARGV[5], now_ms(), {})
return 1
