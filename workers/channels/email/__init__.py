"""E-mail: what a mail says and who may be answered, how answers are written and sent."""
