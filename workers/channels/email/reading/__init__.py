"""Reads mails: from bytes to their new words, and whether they may be answered. Pure."""
