-- Has rows asked again that ended in one of these ways. Their results no longer count.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, tenant, how they may have ended ("23"), rows
-- Returns how many
local id, again, ms = ARGV[2], 0, now_ms()
local key = backfill_key(id)
local state = redis.call('HGET', key, 'state')
if not is_of(id, ARGV[3]) or state == 'cancelled' or state == 'unreadable' then return 0 end
for i = 5, #ARGV do
  local code = mark_of(id, ARGV[i])
  if code > 0 and code < FAULT and string.find(ARGV[4], code, 1, true) then
    set_mark(id, ARGV[i], 0, 0)
    redis.call('HINCRBY', key, COUNTED_AS[code], -1)
    redis.call('ZADD', again_key(id), ARGV[i], ARGV[i])
    again = again + 1
  end
end
if again > 0 then
  if state == 'done' then set_state(id, 'running', ms) end
  bump(id)
  touch(id, ARGV[1], ms)
end
return again
