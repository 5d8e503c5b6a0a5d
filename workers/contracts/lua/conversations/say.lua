-- Says something outside of a burst, in a person's name or the system's: a question that ends at
-- once, its delivery pending.
-- KEYS: none (named by ARGV)
-- ARGV: conversation, question's id, request JSON, lane, callback "1"|"0", retention (s), group,
--       outcome's status, outcome JSON
-- Returns 1, or 0 where there is no such conversation: then nothing changed
local id, question, ms = ARGV[1], ARGV[2], now_ms()
if not exists(id) then return 0 end
if redis.call('HGET', question_key(question), 'conversation') == id then return 1 end -- sent again
write_question(id, question, ARGV[3], ARGV[4], ARGV[5], '', ms)
if cjson.decode(ARGV[9]).way == 'person' then person_answered(id) end
end_at_once(id, question, ARGV[7], ARGV[8], ARGV[9], ARGV[6], ms)
keep(id, ARGV[6])
count_all()
return 1
