"""Backfill: many old questions, answered into a file and never to a patient."""
