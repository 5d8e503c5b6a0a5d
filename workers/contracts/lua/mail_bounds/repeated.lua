-- Asks whether a mail says word for word what its sender, or several of its domain, said in the last
-- hour. The same mail asked about again gets the same answer.
-- KEYS: mail-text; see mail_bounds/shared.lua
-- ARGV: hash of the mail, hash of its sender, mails with one text from one domain at which it is one
--       robot that changes its address, seconds
-- Returns 1 where it does, else 0
local mails = redis.call('HGETALL', KEYS[1])
local number, own
for i = 1, #mails, 2 do
  if mails[i] == ARGV[1] then own = mails[i + 1] end
end
if not own and #mails / 2 >= tonumber(ARGV[3]) then return 1 end -- a flood is kept in no list
if not own then
  number = #mails / 2 + 1
  own = string.format('%d %s', number, ARGV[2])
  redis.call('HSET', KEYS[1], ARGV[1], own)
  redis.call('EXPIRE', KEYS[1], ARGV[4])
else
  number = tonumber(string.match(own, '^%d+'))
end
if number >= tonumber(ARGV[3]) then return 1 end
for i = 1, #mails, 2 do
  local before, sender = string.match(mails[i + 1], '^(%d+) (.*)$')
  if sender == ARGV[2] and tonumber(before) < number then return 1 end
end
return 0
