"""Where a backfill's rows are read from: tables, chats, mails."""
