-- Takes documents out of the list that the knowledge base does not hold (any more).
-- KEYS: names
-- ARGV: time (ms) at which the knowledge base was read, document ids
-- Returns 1. A document with a job in line, or changed since, stays.
for i = 2, #ARGV do
  local key = document_key(ARGV[i])
  local d = redis.call('HMGET', key, 'job', 'updated_at')
  if d[2] and (not d[1] or d[1] == '') and tonumber(d[2]) * 1000 < tonumber(ARGV[1]) then
    forget(key)
  end
end
return 1
