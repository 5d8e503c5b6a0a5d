"""Channels: how patients reach the clinic, and how conversations on them become questions."""
