"""Mails of a trial: what is delivered, what becomes of each, and how it is shown."""
