-- Brings the lists of dead deliveries in line with the records: those whose record has expired are
-- taken out, and those that an older version listed for all tenants alone are added to their own
-- tenant's list.
-- KEYS: none (lists and question hashes are named by ARGV)
-- ARGV: retention (s), tenant in whose list they were seen ("" for that of all), then the ids
-- Returns nothing
for i = 3, #ARGV do
  local id = ARGV[i]
  local key = question_key(id)
  local tenant = tenant_of(key)
  if redis.call('HGET', key, 'delivery') == 'dead' then
    local ms = redis.call('ZSCORE', DEAD, id) or now_ms()
    if tenant and not redis.call('ZSCORE', dead_key(tenant), id) then
      list_dead(id, tenant, ms, ARGV[1])
    end
  else
    unlist_dead(id, tenant or (ARGV[2] ~= '' and ARGV[2]) or nil)
  end
end
