"""What is decided about one question: retrieve, gate, prompt, read, cite."""
