"""Documents to chunks to vectors, and the knowledge base that workers search."""
