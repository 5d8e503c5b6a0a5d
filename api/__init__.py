"""The HTTP door: authenticate, validate, enqueue, read. It never imports torch, vLLM or Qdrant."""
