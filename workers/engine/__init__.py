"""What generates: the protocol, and vLLM behind it."""
