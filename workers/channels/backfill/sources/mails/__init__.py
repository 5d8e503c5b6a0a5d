"""Old mails as rows of a backfill: mailboxes in files and folders, and at a server."""
