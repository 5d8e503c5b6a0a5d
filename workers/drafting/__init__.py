"""Questions that chunks answer, drafted by the model while nobody waits."""
