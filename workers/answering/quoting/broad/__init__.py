"""Whole answers: a section, a sheet or a table's rows for a question that asks for no less."""
