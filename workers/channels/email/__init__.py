"""E-mail: mailboxes that are read by IMAP, answers that go out by SMTP."""
