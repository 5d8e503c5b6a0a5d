-- Claims a conversation for one attendant, and lets the assistant be silent meanwhile. Where nobody
-- had called a person, the attendant does so himself.
-- KEYS: none (named by ARGV)
-- ARGV: conversation, how long the assistant is silent (ms), attendant, group, outcome JSON of a
--       dropped question, retention (s)
-- Returns who has it now: another attendant where it was claimed before; nil where there is none
local id, ms = ARGV[1], now_ms()
local key = conversation_key(id)
if not exists(id) then return nil end
local attendant = redis.call('HGET', key, 'attendant')
if attendant and attendant ~= ARGV[3] then return attendant end
open_handoff(id, 'person_took_over', ms)
redis.call('HSET', key, 'attendant', ARGV[3])
silence(id, no_shorter(id, tonumber(ARGV[2]), ms), ARGV[3], ARGV[4], ARGV[5], ARGV[6], ms)
count_all()
return ARGV[3]
