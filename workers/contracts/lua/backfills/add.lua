-- Adds rows behind those that are there: all of them, or none. Those that cannot be asked fail at once.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, tenant, most rows of a tenant, most bytes of their blocks, how many rows there were (the fence: with it
--       nobody has added any, so the keys are new), token of this call, number of rows, their keys'
--       hashes, number of blocks, of each the number of its first row and the block; then of each
--       row that cannot be asked its number and its result
-- Returns {"ok", rows now}, {"again", ""} where another one has added some, {"full", rows kept},
--   {"heavy", bytes kept}, {"unknown", ""}, or {the state, ""} where it takes none
local id, first, token, new, ms = ARGV[2], ARGV[6], ARGV[7], tonumber(ARGV[8]), now_ms()
if not is_of(id, ARGV[3]) then return {'unknown', ''} end
local key = backfill_key(id)
local state, rows, by = unpack(redis.call('HMGET', key, 'state', 'rows', 'added_by'))
rows = rows or '0'
if state == 'cancelled' or state == 'unreadable' then return {state, ''} end
if rows ~= first then
  return {by == token and 'ok' or 'again', rows} -- "ok": the same call, sent again
end
if new == 0 then return {'ok', rows} end
local kept, bytes = 0, 0
for _, each in ipairs(ids_of(ARGV[3])) do
  local b = redis.pcall('HMGET', backfill_key(each), 'rows', 'bytes') -- a damaged one has none
  kept, bytes = kept + (tonumber(b[1] or 0) or 0), bytes + (tonumber(b[2] or 0) or 0)
end
if kept + new > tonumber(ARGV[4]) then return {'full', tostring(kept)} end
local place, grown = 9 + new, 0
for i = place + 1, place + 2 * tonumber(ARGV[place]), 2 do
  grown = grown + #ARGV[i + 1] - redis.call('HSTRLEN', rows_key(id), ARGV[i])
end
if bytes + grown > tonumber(ARGV[5]) then return {'heavy', tostring(bytes)} end

redis.call('SADD', keys_key(id), unpack(ARGV, 9, 8 + new))
redis.call('HINCRBY', key, 'bytes', grown)
for i = place + 1, place + 2 * tonumber(ARGV[place]), 2 do
  redis.call('HSET', rows_key(id), ARGV[i], ARGV[i + 1])
end
redis.call('HSET', key, 'added_by', token)
rows = redis.call('HINCRBY', key, 'rows', new)
if state == 'done' then
  set_state(id, 'receiving', ms)
  redis.call('HSET', key, 'sealed', 0)
end
for i = place + 1 + 2 * tonumber(ARGV[place]), #ARGV, 2 do
  end_row(id, ARGV[i], FAULT, ARGV[i + 1])
end
touch(id, ARGV[1], ms)
return {'ok', tostring(rows)}
