-- Renews the lease of a mailbox, or gives it back.
-- KEYS: none (named by ARGV)
-- ARGV: channel, token, how long from now (ms); 0 gives it back
-- Returns 1, or 0 where another one has it: then nothing changed
if not holds(ARGV[1], ARGV[2]) then return 0 end
redis.call('HSET', mailbox_key(ARGV[1]), 'until', now_ms() + ARGV[3])
return 1
