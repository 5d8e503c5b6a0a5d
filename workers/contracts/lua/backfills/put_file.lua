-- Stores a file that is to be read into rows.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, tenant, name, options JSON, digest of bytes and options, bytes, most bytes
--       that may wait of a tenant's
-- Returns "stored", "repeated" where the same one waits, "closed", "full" or "unknown"
local id, tenant, ms = ARGV[2], ARGV[3], now_ms()
if not is_of(id, tenant) then return 'unknown' end
local key = backfill_key(id)
local state, digest = unpack(redis.call('HMGET', key, 'state', 'file_digest'))
if redis.call('EXISTS', file_key(id)) == 1 then return digest == ARGV[6] and 'repeated' or 'closed' end
if state == 'cancelled' or state == 'paused' then return 'closed' end
local waiting = #ARGV[7]
for _, each in ipairs(ids_of(tenant)) do
  local length = redis.pcall('STRLEN', file_key(each)) -- a damaged one has none
  waiting = waiting + (type(length) == 'number' and length or 0)
end
if waiting > tonumber(ARGV[8]) then return 'full' end
redis.call('SET', file_key(id), ARGV[7])
redis.call('HSET', key, 'file_name', ARGV[4], 'file_options', ARGV[5], 'file_digest', ARGV[6],
  'file_takes', 0, 'file_until', 0, 'file_worker', '', 'error', '', 'sealed', 0)
set_state(id, 'reading', ms)
touch(id, ARGV[1], ms)
return 'stored'
