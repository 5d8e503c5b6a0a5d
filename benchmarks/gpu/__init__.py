"""An engine that behaves as vLLM on a GPU does, without one: steps, slots, prefix cache, aborts."""
