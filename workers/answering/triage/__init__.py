"""What a message is before it is asked: an emergency, a wish for a person, a greeting, a thank.

Decided by word lists that a clinic's technician can read, without search and model, in well under a
millisecond: `pt/` and `en/` hold them, `lists.py` says how they are read.
"""
