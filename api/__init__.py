"""The HTTP API: authenticate, validate, enqueue, read. It never imports torch, vLLM or Qdrant."""
