-- Keeps the results of questions that have ended; of one that is not open nothing changes.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, seconds that a question's record is kept now, then of each its id, how it
--       ended (1, 2, 3), its result
-- Returns how many were new
local id, ms = ARGV[2], now_ms()
local key = backfill_key(id)
local before = numbers_of(id, 'results')
local new = 0
for i = 4, #ARGV, 3 do
  local row = redis.call('HGET', open_key(id), ARGV[i])
  if row then
    redis.call('HDEL', open_key(id), ARGV[i])
    if end_row(id, row, tonumber(ARGV[i + 1]), ARGV[i + 2]) then new = new + 1 end
    redis.call('EXPIRE', question_key(ARGV[i]), ARGV[3])
  end
end

-- Results a second over about the last ten seconds.
local function note_rate()
  local rate, since, n = unpack(redis.call('HMGET', key, 'rate', 'rate_at', 'rate_n'))
  local lasted = ms - 1000 * tonumber(since or 0)
  n = tonumber(n or 0) + new
  if not since or lasted > RATE_OLD_MS then
    redis.call('HDEL', key, 'rate')
    redis.call('HSET', key, 'rate_at', seconds(ms), 'rate_n', 0)
  elseif lasted >= (rate and RATE_MS or RATE_FIRST_MS) then
    redis.call('HSET', key, 'rate', string.format('%.3f', 1000 * n / lasted),
      'rate_at', seconds(ms), 'rate_n', 0)
  else
    redis.call('HSET', key, 'rate_n', n)
  end
end

-- Results above `recent` may have records of their questions still, which an erasure must find: below
-- are those that were collected longer ago than records are kept.
local function note_recent()
  local next, at = unpack(redis.call('HMGET', key, 'recent_next', 'recent_at'))
  if ms - 1000 * tonumber(at or 0) >= 1000 * tonumber(ARGV[3]) then
    redis.call('HSET', key, 'recent', next or 0, 'recent_next', before, 'recent_at', seconds(ms))
  end
end

if new > 0 then
  note_rate()
  note_recent()
  touch(id, ARGV[1], ms)
end
return new
