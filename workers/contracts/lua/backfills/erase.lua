-- Leaves nothing of a backfill, nor of its questions that are in the lane or claimed: also of one
-- whose values are damaged, and where Redis is full (a script that has written may go on then).
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, tenant, group of the lane, outcome JSON of a dropped question
-- Returns 1, or 0 where there is no such backfill
local id, ms = ARGV[2], now_ms()
local owner = redis.pcall('HGET', backfill_key(id), 'tenant')
local is_damaged = type(owner) ~= 'string' and redis.call('EXISTS', backfill_key(id)) == 1
if is_damaged and redis.call('ZSCORE', backfills_key(ARGV[3]), id) then owner = ARGV[3] end
if owner ~= ARGV[3] then return 0 end
redis.call('ZREM', SUMMARIES, id)
for _, question in ipairs(redis.pcall('HKEYS', open_key(id))) do
  local key = question_key(question)
  local status = redis.pcall('HGET', key, 'status')
  if status == 'queued' or status == 'claimed' then
    finish(key, question, ARGV[4], 'cancelled', ARGV[5], ARGV[1], ms)
  end
  redis.call('DEL', key)
end
for _, name in ipairs(parts(id)) do redis.call('DEL', name) end
redis.call('ZREM', backfills_key(ARGV[3]), id)
redis.call('ZREM', ACTIVE, id)
count_all()
return 1
