"""Jobs: work for the worker that holds the knowledge base."""
