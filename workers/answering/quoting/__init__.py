"""Answers in the documents' own words: which sentence or row answers, and how sure that is."""
