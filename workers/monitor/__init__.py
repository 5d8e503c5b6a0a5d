"""What a drain shows of itself, and its switch."""
