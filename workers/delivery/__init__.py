"""Sends outcomes back to their askers, and retries for days."""
