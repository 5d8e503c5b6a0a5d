"""Where chunks are kept: one interface, on Qdrant in two ways."""
