"""Stand-ins for other people's servers, as strict as the real ones, for tests and for trials."""
