"""A patient's phone in the terminal: what is typed on it, and what it shows."""
