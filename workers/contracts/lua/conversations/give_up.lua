-- Leaves what waits to be asked to a person, where asking it fails each time.
-- KEYS: none (named by ARGV)
-- ARGV: conversation, retention (s)
-- Returns 1, or 0 where there is no such conversation
if not exists(ARGV[1]) then return 0 end
give_up(ARGV[1], now_ms())
keep(ARGV[1], ARGV[2])
count_all()
return 1
