-- Shared by the scripts of backfills, below accept.lua. ARGV[1] of each is the retention (s).
-- Schema, below atende:1:
--   backfills             zset: id -> when it was made (ms); those that a feeder has work with
--   backfills:{tenant}    zset: id -> when it was made (ms)
--   backfill-name:{tenant}:{hash}  string: id of the tenant's backfill of this name
--   backfill:{id}         hash: id, tenant, name, named (the key above), source, state, plan JSON,
--                         rows, answered, needs_human, failed, results (the newest one's number),
--                         cursor (the first row that was never fed), fence (rises with every change
--                         of what is fed next), bytes (of the blocks of its rows), sealed ("1"), compacted (results in blocks),
--                         added_by (token of the call that added last), created_at, started_at,
--                         ended_at, touched_at, rate, rate_at, rate_n, left_out JSON, guesses JSON,
--                         error, report_job, recent, recent_next, recent_at (see note_recent),
--                         file_name, file_options, file_digest, file_worker, file_until (ms),
--                         file_takes, summary_moment, summary_results (of the newest
--                         result then), summary_text, summary_tries, summary_at
--   backfill-rows:{id}    hash: number of a block's first row -> a hundred rows, compressed
--   backfill-keys:{id}    set: 12 bytes of the hash of each row's key
--   backfill-marks:{id}   string: 4 bytes a row, big-endian: in the upper 3 bits how it ended (0: it
--                         has not), below them the number of its result
--   backfill-open:{id}    hash: question id -> row: in the lane, or ended and not collected
--   backfill-again:{id}   zset: row -> row; rows before the cursor that are to be asked again
--   backfill-results:{id} list: the results after the compacted ones: row, a blank, JSON
--   backfill-blocks:{id}  hash: number of a block -> a hundred results, compressed
--   backfill-file:{id}    string: the bytes of a file that waits to be read
--   backfill-report:{id}  hash: report, report_number, pairs, pairs_number
--   backfill-summaries    zset: id -> when its summary is due (ms)
-- Always: rows = answered + needs_human + failed + left. All of a backfill expires after the
-- retention since it was touched last.
local ACTIVE = PREFIX .. 'backfills'
local SUMMARIES = PREFIX .. 'backfill-summaries'
local FAULT = 4 -- how a row ended that cannot be asked: it failed, and is never asked again
local COUNTED_AS = {'answered', 'needs_human', 'failed', 'failed'}
local NUMBERS = 536870912 -- 2^29: a mark is how the row ended times this, plus its result's number
local RATE_FIRST_MS, RATE_MS, RATE_OLD_MS = 2000, 10000, 60000

local function backfill_key(id)
  return PREFIX .. 'backfill:' .. id
end

local function rows_key(id)
  return PREFIX .. 'backfill-rows:' .. id
end

local function keys_key(id)
  return PREFIX .. 'backfill-keys:' .. id
end

local function marks_key(id)
  return PREFIX .. 'backfill-marks:' .. id
end

local function open_key(id)
  return PREFIX .. 'backfill-open:' .. id
end

local function again_key(id)
  return PREFIX .. 'backfill-again:' .. id
end

local function results_key(id)
  return PREFIX .. 'backfill-results:' .. id
end

local function blocks_key(id)
  return PREFIX .. 'backfill-blocks:' .. id
end

local function file_key(id)
  return PREFIX .. 'backfill-file:' .. id
end

local function report_key(id)
  return PREFIX .. 'backfill-report:' .. id
end

local function backfills_key(tenant)
  return PREFIX .. 'backfills:' .. tenant
end

-- The names of all that is kept of a backfill, but for the lists that it stands in.
local function parts(id)
  local names = {backfill_key(id), rows_key(id), keys_key(id), marks_key(id), open_key(id),
    again_key(id), results_key(id), blocks_key(id), file_key(id), report_key(id)}
  local named = redis.pcall('HGET', backfill_key(id), 'named') -- a damaged one has none
  if type(named) == 'string' and redis.call('GET', named) == id then names[#names + 1] = named end
  return names
end

-- Whether a backfill is this tenant's: another's looks like none.
local function is_of(id, tenant)
  return redis.call('HGET', backfill_key(id), 'tenant') == tenant
end

-- A tenant's backfills; those that have expired leave the list.
local function ids_of(tenant)
  local ids = {}
  for _, id in ipairs(redis.call('ZRANGE', backfills_key(tenant), 0, -1)) do
    if redis.call('EXISTS', backfill_key(id)) == 1 then
      ids[#ids + 1] = id
    else
      redis.call('ZREM', backfills_key(tenant), id)
    end
  end
  return ids
end

local function numbers_of(id, ...)
  local values = redis.call('HMGET', backfill_key(id), ...)
  for i = 1, #values do values[i] = tonumber(values[i] or 0) end
  return unpack(values)
end

local function left(id)
  local rows, answered, needs_human, failed = numbers_of(id, 'rows', 'answered', 'needs_human', 'failed')
  return rows - answered - needs_human - failed
end

-- What is fed next has changed: a feeder that decided before must look again.
local function bump(id)
  redis.call('HINCRBY', backfill_key(id), 'fence', 1)
end

local function set_state(id, state, ms)
  local key = backfill_key(id)
  redis.call('HSET', key, 'state', state)
  if state == 'done' or state == 'cancelled' or state == 'unreadable' then
    redis.call('HSET', key, 'ended_at', seconds(ms))
  else
    redis.call('HDEL', key, 'ended_at')
  end
  if state == 'running' then redis.call('HSETNX', key, 'started_at', seconds(ms)) end
end

-- How a row ended (0: it has not), and the number of its result.
local function mark_of(id, row)
  local raw = redis.call('GETRANGE', marks_key(id), row * 4, row * 4 + 3)
  if #raw < 4 then return 0, 0 end
  local mark = struct.unpack('>I4', raw)
  return math.floor(mark / NUMBERS), mark % NUMBERS
end

local function set_mark(id, row, code, number)
  redis.call('SETRANGE', marks_key(id), row * 4, struct.pack('>I4', code * NUMBERS + number))
end

-- Gives a row its result; false where it has one that holds.
local function end_row(id, row, code, line)
  if mark_of(id, row) ~= 0 then return false end
  local number = redis.call('HINCRBY', backfill_key(id), 'results', 1)
  redis.call('RPUSH', results_key(id), row .. ' ' .. line)
  redis.call('HINCRBY', backfill_key(id), COUNTED_AS[code], 1)
  set_mark(id, row, code, number)
  return true
end

-- Puts a row's question back from the lane; the caller bumps.
local function ask_again(id, question, row)
  redis.call('HDEL', open_key(id), question)
  redis.call('ZADD', again_key(id), row, row)
end

-- The end of every script that changed something: the state that follows, the feeders' list, and
-- how long all is kept.
local function touch(id, retention, ms)
  local key = backfill_key(id)
  local b = redis.call('HMGET', key, 'state', 'sealed', 'tenant', 'summary_moment')
  local state = b[1]
  if (state == 'running' or state == 'paused') and b[2] == '1' and left(id) == 0 then
    state = 'done'
    set_state(id, state, ms)
  end
  redis.call('HSET', key, 'touched_at', seconds(ms))
  local unsummed = state == 'done'
    and tonumber(b[4] or 0) < tonumber(redis.call('HGET', key, 'ended_at'))
  if state == 'reading' or state == 'running' or unsummed
    or redis.call('EXISTS', open_key(id)) == 1 then
    redis.call('ZADD', ACTIVE, 'NX', ms, id)
  else
    redis.call('ZREM', ACTIVE, id)
  end
  for _, name in ipairs(parts(id)) do redis.call('EXPIRE', name, retention) end
  redis.call('EXPIRE', backfills_key(b[3]), retention)
end
