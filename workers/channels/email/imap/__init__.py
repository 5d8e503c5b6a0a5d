"""Follows mailboxes by IMAP: what is new is posted, errands are carried out."""
