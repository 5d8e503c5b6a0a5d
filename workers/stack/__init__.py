"""The embedded stack: Valkey, the workers and the API on one machine."""
