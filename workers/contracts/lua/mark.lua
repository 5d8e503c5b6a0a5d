-- Notes what the patient thought of an answer, or that he thinks no more of it.
-- KEYS: question hash
-- ARGV: "good"|"bad", or "" to take it back
-- Returns 1, or 0 where there is no such question (or its record is damaged)
if type(redis.pcall('HGET', KEYS[1], 'status')) ~= 'string' then return 0 end
if ARGV[1] == '' then
  redis.call('HDEL', KEYS[1], 'mark')
else
  redis.call('HSET', KEYS[1], 'mark', ARGV[1])
end
return 1
