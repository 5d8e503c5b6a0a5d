-- Brings the list of documents to what the knowledge base holds. A document with a job in line is
-- left to its job; one whose newer version failed stays failed until it is indexed anew.
-- KEYS: names
-- ARGV: tenant, JSON list of {id, name, fields...} as the knowledge base has them; `fresh` in one:
--       its file was just seen to be the version that is indexed
-- Returns 1
local ms = now_ms()
for _, row in ipairs(cjson.decode(ARGV[2])) do
  local key = document_key(row.id)
  local d = redis.call('HMGET', key, 'job', 'state', 'indexed_at')
  local failed = d[2] == 'failed' and d[3] == row.indexed_at and not row.fresh
  row.fresh = nil
  if (not d[1] or d[1] == '') and not failed then
    local fields = {'tenant', ARGV[1], 'reason', '', 'updated_at', seconds(ms)}
    for name, value in pairs(row) do
      fields[#fields + 1] = name
      fields[#fields + 1] = value
    end
    redis.call('HSET', key, unpack(fields))
    redis.call('ZADD', KEYS[1], 0, row.name)
  end
end
return 1
