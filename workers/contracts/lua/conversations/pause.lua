-- A person takes over: the assistant is silent for a time. What it was about to answer is dropped,
-- and what waited to be asked is the person's to read.
-- KEYS: none (named by ARGV)
-- ARGV: conversation, how long (ms), by whom, group, outcome JSON of a dropped question,
--       retention (s)
-- Returns 1, or 0 where there is no such conversation
local ms = now_ms()
if not exists(ARGV[1]) then return 0 end
silence(ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5], ARGV[6], ms)
count_all()
return 1
