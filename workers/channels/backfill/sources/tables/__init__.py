"""Tables of questions: CSV, JSON lines, spreadsheets."""
