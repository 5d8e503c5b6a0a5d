"""What can go wrong in this package; every message says what happened and what to do.

IngestionError
├── ValidityError    what is said of a document's validity makes no sense; see `validity`
├── KnowledgeError   the knowledge base cannot be opened, read or written; see `knowledge.errors`
└── ParseError       one file cannot be read, others can; see `parsing.errors`
"""


class IngestionError(Exception):
    """The root of this package's errors."""
