-- Stores a post of a channel, as it came.
-- KEYS: inbound (stream, group `intake`: kind, app, raw, at)
-- ARGV: limit of the stream's length, kind of the channel, app whose secret signed it, raw body
-- Returns 1, or 0 where the stream is full and nothing was stored
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('XADD', KEYS[1], '*', 'kind', ARGV[2], 'app', ARGV[3], 'raw', ARGV[4],
  'at', seconds(now_ms()))
redis.call('HINCRBY', COUNTERS, 'posts:' .. ARGV[2], 1)
return 1
