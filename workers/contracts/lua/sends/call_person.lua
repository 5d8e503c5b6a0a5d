-- Calls a person to a conversation, for instance because an answer cannot be delivered.
-- KEYS: none
-- ARGV: conversation's id, reason
-- Returns nothing
if redis.call('EXISTS', conversation_key(ARGV[1])) == 1 then
  open_handoff(ARGV[1], ARGV[2], now_ms())
  count_all()
end
