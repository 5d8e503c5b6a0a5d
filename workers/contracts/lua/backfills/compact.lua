-- Puts a compressed block into the place of the oldest results of the list.
-- KEYS: none (named by ARGV)
-- ARGV: retention (s), id, how many results were compacted (the fence), results of a block, the block
-- Returns 1, or 0 where another one has done it
local id, done, size = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if numbers_of(id, 'compacted') ~= done or redis.call('LLEN', results_key(id)) < size then return 0 end
redis.call('HSET', blocks_key(id), done / size, ARGV[5])
redis.call('LTRIM', results_key(id), size, -1)
redis.call('HINCRBY', backfill_key(id), 'compacted', size)
touch(id, ARGV[1], now_ms())
return 1
