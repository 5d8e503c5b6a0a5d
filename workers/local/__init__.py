"""The embedded stack: starts and stops Valkey, the workers and the API on one machine."""
