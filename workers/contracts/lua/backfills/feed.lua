-- Puts rows into the bulk lane, in their order, as far as the lane has room: all in one step. Nobody
-- gets their outcomes but the backfill.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, fence, lane's limit, deadline (ms or ""), then of each row its number,
--       question id, request JSON
-- Returns how many; nil where what is next has changed since the fence, or it does not run
local id, limit, ms = ARGV[2], tonumber(ARGV[4]), now_ms()
local key = backfill_key(id)
local state, fence, cursor = unpack(redis.call('HMGET', key, 'state', 'fence', 'cursor'))
if state ~= 'running' or (fence or '0') ~= ARGV[3] then return nil end
cursor = tonumber(cursor or 0)
local fed = 0
for i = 6, #ARGV, 3 do
  if is_full('bulk', limit) then break end
  local row, question = tonumber(ARGV[i]), ARGV[i + 1]
  accept(question, ARGV[i + 2], 'bulk', '0', ARGV[5])
  redis.call('HSET', open_key(id), question, ARGV[i])
  if row < cursor then redis.call('ZREM', again_key(id), ARGV[i]) else cursor = row + 1 end
  fed = fed + 1
end
if fed > 0 then
  redis.call('HSET', key, 'cursor', cursor)
  bump(id)
  touch(id, ARGV[1], ms)
  count_all()
end
return fed
