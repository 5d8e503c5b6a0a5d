"""What a user would build first, each written fairly, beside the whole system and the bare engine.

All get the same questions, passages, prompts and engine arguments (`benchmarks.peers.work`), each
in a process of its own that prints one line of JSON.
"""
