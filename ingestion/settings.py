"""Settings of ingestion: how files are read and cut, beside those of the knowledge base."""

from typing import Annotated, Literal

from pydantic import Field

from ingestion.knowledge.settings import KnowledgeSettings
from ingestion.parsing.limits import Limits


class IngestionSettings(KnowledgeSettings):
    """How files are read and cut, and where their chunks go. Read from `ATENDE_*`."""

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
