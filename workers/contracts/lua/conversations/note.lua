-- Adds an entry to a transcript: what was said where the assistant had no part in it.
-- KEYS: none (named by ARGV)
-- ARGV: conversation, entry JSON, retention (s)
-- Returns 1, or 0 where there is no such conversation
if not exists(ARGV[1]) then return 0 end
write_entry(ARGV[1], cjson.decode(ARGV[2]))
keep(ARGV[1], ARGV[3])
return 1
