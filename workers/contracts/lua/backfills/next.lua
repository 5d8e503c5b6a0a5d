-- Tells which rows are next to be asked. Rows that cannot be asked, which have their result, are
-- passed over, so many at a time.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, most
-- Returns {fence, rows…}
local SCANNED, PIECE = 5000, 500
local id, most = ARGV[2], tonumber(ARGV[3])
local fence, cursor, rows = numbers_of(id, 'fence', 'cursor', 'rows')
local next = {tostring(fence)}
if most > 0 then
  for _, row in ipairs(redis.call('ZRANGE', again_key(id), 0, most - 1)) do next[#next + 1] = row end
end

-- The first of the rows from `first` on that take their turn; nil: none of a piece.
local function take(first)
  local marks = redis.call('GETRANGE', marks_key(id), first * 4, (first + PIECE) * 4 - 1)
  local earliest
  for row = first, math.min(rows, first + PIECE) - 1 do
    if #next > most then return earliest end
    local start = (row - first) * 4 + 1
    if #marks < start + 3 or struct.unpack('>I4', marks, start) == 0 then
      earliest = earliest or row
      next[#next + 1] = tostring(row)
    end
  end
  return earliest
end

local first = cursor
while first < rows and first < cursor + SCANNED and #next <= most do
  local earliest = take(first)
  if earliest then
    first = earliest
    break
  end
  first = math.min(rows, first + PIECE)
end
-- None is next, none in the lane, and some have no result: their questions were forgotten. All are
-- looked at again.
if first >= rows and #next == 1 and left(id) > 0 and most > 0
  and redis.call('EXISTS', open_key(id)) == 0 then
  first, cursor = 0, 0
  bump(id)
  redis.call('HSET', backfill_key(id), 'cursor', 0)
end
if first > cursor then redis.call('HSET', backfill_key(id), 'cursor', first) end
return next
