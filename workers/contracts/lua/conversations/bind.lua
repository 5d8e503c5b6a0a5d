-- Lets a conversation be found by further aliases: the ids and subjects of what we wrote.
-- KEYS: none (named by ARGV)
-- ARGV: conversation, channel, retention (s), then kind and hash of each alias
-- Returns 1, or 0 where there is no such conversation
local FIRST_ALIAS = 4
if not exists(ARGV[1]) then return 0 end
bind(ARGV[1], ARGV[2], aliases(FIRST_ALIAS))
keep(ARGV[1], ARGV[3])
return 1
