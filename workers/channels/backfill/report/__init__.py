"""The report of a backfill: what was answered, what should be written, pairs to review."""
