-- Makes a backfill, or finds the one of this name.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, tenant, key of the name, name, source, plan JSON, state, most of a tenant
-- Returns {id, 1}, {id of the one that is there, 0}, or {"", 0} where the tenant has as many as it may
local id, tenant, named, ms = ARGV[2], ARGV[3], ARGV[4], now_ms()
local known = redis.call('GET', named)
if known and redis.call('EXISTS', backfill_key(known)) == 1 then
  return {known, known == id and 1 or 0} -- 1: the same call, sent again
end
if #ids_of(tenant) >= tonumber(ARGV[9]) then return {'', 0} end
redis.call('SET', named, id)
redis.call('HSET', backfill_key(id), 'id', id, 'tenant', tenant, 'name', ARGV[5], 'named', named,
  'source', ARGV[6], 'plan', ARGV[7], 'state', ARGV[8], 'created_at', seconds(ms))
local t = redis.call('TIME')
redis.call('ZADD', backfills_key(tenant), t[1] * 1000 + t[2] / 1000, id)
touch(id, ARGV[1], ms)
return {id, 1}
