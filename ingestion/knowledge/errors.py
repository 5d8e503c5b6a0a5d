"""What can go wrong with the knowledge base.

IngestionError
└── KnowledgeError
    ├── StoreInUseError            another process owns the embedded store
    ├── StoreUnreachableError      the Qdrant server does not answer
    ├── EmbeddingMismatchError     the vectors were made by another embedding model
    ├── EmbeddingUnavailableError  the embedding model cannot be loaded
    ├── RerankerUnavailableError   the reranker cannot be loaded
    └── BusyError                  another process is writing
"""

from ingestion.errors import IngestionError


class KnowledgeError(IngestionError):
    """The knowledge base cannot be opened, read or written. The message says what to do."""


class StoreInUseError(KnowledgeError):
    """The embedded store's folder is open in another process, or a second time in this one."""


class StoreUnreachableError(KnowledgeError):
    """The Qdrant server cannot be reached or refuses the key. Worth trying again."""


class EmbeddingMismatchError(KnowledgeError):
    """The collection holds vectors of another embedding model or schema.

    Args:
        stored: what the collection was made with.
        wanted: what the settings ask for.
    """

    def __init__(self, stored: str, wanted: str) -> None:
        self.stored = stored
        self.wanted = wanted
        if stored.partition(" (")[0] == wanted.partition(" (")[0]:
            super().__init__(
                f"The knowledge base was made by an earlier version of Atende (`{stored}`; now "
                f"`{wanted}`). Nothing was changed. Stop the workers, and embed everything again "
                f"with `atende ingest --rebuild PATH`."
            )
            return
        super().__init__(
            f"The knowledge base holds vectors of `{stored}`, but the settings ask for "
            f"`{wanted}`: their vectors cannot be compared. Nothing was changed. Either set "
            f"ATENDE_EMBEDDING back, or stop the workers and embed everything again with "
            f"`atende ingest --rebuild PATH`."
        )


class EmbeddingUnavailableError(KnowledgeError):
    """The embedding model's package or weights are missing."""


class BusyError(KnowledgeError):
    """Another process is changing these documents."""


class RerankerUnavailableError(KnowledgeError):
    """The reranker's weights are missing, or the model is no reranker."""
