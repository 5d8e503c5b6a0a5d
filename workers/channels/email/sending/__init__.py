"""Sends answers by mail: a letter, its hand-over, and what is left to a person."""
