-- Ends a running job.
-- KEYS: jobs
-- ARGV: id, attempt, "done"|"failed", result, error, seconds that it is kept,
--       then fields and values of its document, or "forget"
-- Returns 1, or 0 where this attempt is not the running one: then nothing changed
if not runs(ARGV[1], ARGV[2]) then
  return 0
end
local fields = {}
for i = 7, #ARGV do
  fields[#fields + 1] = ARGV[i]
end
finish_job(ARGV[1], ARGV[3], ARGV[4], ARGV[5], ARGV[6], now_ms(), fields)
return 1
