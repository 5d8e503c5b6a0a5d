-- Brings the list of documents in line with the knowledge base. A document with a job in line is
-- left to its job. One that was not ingested anew keeps its state and reason: a newer version of it
-- failed, or some of its pages could not be read. Whether it is in force is always brought in line.
-- KEYS: names
-- ARGV: tenant, JSON list of {id, name, fields...} as the knowledge base has them; `fresh` in one:
--       its file was just seen to be the version that is indexed
-- Returns 1
local VALIDITY = {'force', 'force_day', 'replaced_by', 'valid_from', 'valid_until', 'replaces'}
local ms = now_ms()
for _, row in ipairs(cjson.decode(ARGV[2])) do
  local key = document_key(row.id)
  local d = redis.call('HMGET', key, 'job', 'state', 'indexed_at')
  local same = d[3] and d[3] == row.indexed_at and (d[2] == 'failed' or d[2] == 'ready')
  local fresh = row.fresh
  row.fresh = nil
  if (not d[1] or d[1] == '') and (fresh or not same) then
    local fields = {'tenant', ARGV[1], 'reason', '', 'updated_at', seconds(ms)}
    for name, value in pairs(row) do
      fields[#fields + 1] = name
      fields[#fields + 1] = value
    end
    redis.call('HSET', key, unpack(fields))
    redis.call('ZADD', KEYS[1], 0, row.name)
  elseif d[2] and row.force then
    for _, name in ipairs(VALIDITY) do
      redis.call('HSET', key, name, row[name])
    end
  end
end
return 1
