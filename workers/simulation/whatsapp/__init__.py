"""A strict Graph API on this machine: WhatsApp without Meta.

It refuses what Meta refuses, keeps the 24-hour window and the limits by a clock that can be moved,
sends signed webhooks, and shows what stands on a patient's phone. See `graph.StrictGraph`.
"""
