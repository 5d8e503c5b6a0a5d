"""How texts are compared: words, numbers with units, and what a negation governs. Pure."""
