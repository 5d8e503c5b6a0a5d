-- Leases the file of a backfill. One that is gone, or has ended so many workers, cannot be read.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, worker, lease (ms), most takes, seconds for which it may be missing
-- Returns 1, or 0 where there is nothing to read now
local id, ms = ARGV[2], now_ms()
local key = backfill_key(id)
local f = redis.call('HMGET', key, 'state', 'file_worker', 'file_until', 'touched_at')
if f[1] ~= 'reading' then return 0 end

local function give_up(words)
  redis.call('HSET', key, 'error', words)
  redis.call('DEL', file_key(id))
  set_state(id, 'unreadable', ms)
  touch(id, ARGV[1], ms)
  return 0
end

if redis.call('EXISTS', file_key(id)) == 0 then
  if ms - 1000 * tonumber(f[4]) < 1000 * tonumber(ARGV[6]) then return 0 end
  return give_up('The file never came, or is no longer kept. Upload it again.')
end
if f[2] ~= ARGV[3] and ms < tonumber(f[3] or 0) then return 0 end
if redis.call('HINCRBY', key, 'file_takes', 1) > tonumber(ARGV[5]) then
  return give_up(ARGV[5] .. ' workers ended in the middle of this file, so it is not read again. Rows '
    .. 'that were read are kept. Check whether it is damaged, split it, and upload it again.')
end
redis.call('HSET', key, 'file_worker', ARGV[3], 'file_until', ms + ARGV[4])
touch(id, ARGV[1], ms)
return 1
