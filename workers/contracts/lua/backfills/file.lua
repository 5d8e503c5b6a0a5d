-- Says how a leased file fares: it is being read, was read, cannot be, or is left for another worker
-- by one that stops.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, worker, "renew"|"read"|"unreadable"|"leave", of "renew" the lease (ms), of
--       "unreadable" words for the user
-- Returns 1, or 0 where another worker has it
local id, what, ms = ARGV[2], ARGV[4], now_ms()
local key = backfill_key(id)
local state, worker = unpack(redis.call('HMGET', key, 'state', 'file_worker'))
if state ~= 'reading' or worker ~= ARGV[3] then return 0 end
if what == 'renew' then
  redis.call('HSET', key, 'file_until', ms + ARGV[5])
elseif what == 'leave' then
  redis.call('HINCRBY', key, 'file_takes', -1)
  redis.call('HSET', key, 'file_worker', '', 'file_until', 0)
else
  redis.call('DEL', file_key(id))
  if what == 'read' then
    redis.call('HSET', key, 'sealed', 1)
    set_state(id, 'running', ms)
  else
    redis.call('HSET', key, 'error', ARGV[6])
    set_state(id, 'unreadable', ms)
  end
end
touch(id, ARGV[1], ms)
return 1
