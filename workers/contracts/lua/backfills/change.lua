-- Changes where a backfill stands, by its clinic's word. What is not allowed as it stands changes
-- nothing.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, tenant, "seal"|"pause"|"resume"|"cancel"|"plan", of "plan" its JSON
-- Returns 1, or 0 where there is no such backfill
local id, what, ms = ARGV[2], ARGV[4], now_ms()
if not is_of(id, ARGV[3]) then return 0 end
local key = backfill_key(id)
local state, sealed = unpack(redis.call('HMGET', key, 'state', 'sealed'))
local takes_rows = state == 'receiving' or state == 'running' or state == 'paused'
-- This write comes first: after it a script goes on where Redis is full, so that erasing can begin.
if what == 'cancel' then redis.call('DEL', file_key(id)) end
if what == 'plan' then
  redis.call('HSET', key, 'plan', ARGV[5])
elseif what == 'seal' and takes_rows then
  redis.call('HSET', key, 'sealed', 1)
  if state == 'receiving' then set_state(id, 'running', ms) end
elseif what == 'pause' and takes_rows then
  set_state(id, 'paused', ms)
elseif what == 'resume' and state == 'paused' then
  set_state(id, sealed == '1' and 'running' or 'receiving', ms)
elseif what == 'cancel' and state ~= 'done' and state ~= 'cancelled' then
  set_state(id, 'cancelled', ms)
end
touch(id, ARGV[1], ms)
return 1
