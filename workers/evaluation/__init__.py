"""Measuring a clinic's knowledge base on the clinic's own questions."""
