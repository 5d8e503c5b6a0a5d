"""Stores what mails tell: questions, bounces, what the clinic itself wrote."""
