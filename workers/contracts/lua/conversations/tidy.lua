-- Takes conversations that do not belong there any more out of a tenant's lists.
-- KEYS: none (named by ARGV)
-- ARGV: tenant, then the ids
-- Returns nothing
for i = 2, #ARGV do
  if not exists(ARGV[i]) then redis.call('ZREM', conversations_key(ARGV[1]), ARGV[i]) end
  if redis.call('HEXISTS', conversation_key(ARGV[i]), 'handoff_since') == 0 then
    redis.call('ZREM', handoffs_key(ARGV[1]), ARGV[i])
  end
end
