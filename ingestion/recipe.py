"""How files are read and cut today: where that differs, an unchanged file is new work."""

from dataclasses import dataclass
from typing import Self

from ingestion.chunking import CHUNKING
from ingestion.knowledge.document import IndexedDocument
from ingestion.parsing import PARSING
from ingestion.parsing.pdf.ocr import tesseract_data
from ingestion.settings import IngestionSettings


@dataclass(frozen=True, slots=True)
class Recipe:
    """How files are read and cut.

    Attributes:
        whole: of documents that were read as a whole.
        partial: of documents of which something was not read: they are read again once Tesseract's
            data is there, or more is allowed.
    """

    whole: str
    partial: str

    @classmethod
    def of(cls, settings: IngestionSettings) -> Self:
        """The recipe of these settings."""
        whole = f"{PARSING}.{CHUNKING}/{settings.chunk_tokens}/{settings.embedding}"
        data = tesseract_data(settings.ocr_languages) if settings.ocr == "auto" else ("", "")
        return cls(whole, f"{whole}/{data[1] or 'no-ocr'}/{settings.ocr_pages}")

    def text(self, *, is_partial: bool) -> str:
        """What a document's record keeps."""
        return self.partial if is_partial else self.whole

    def matches(self, document: IndexedDocument) -> bool:
        """Whether a document is complete, and was read and cut like this."""
        recipe = self.text(is_partial=bool(document.notes))
        return bool(document.digest) and not document.unfinished and document.recipe == recipe
