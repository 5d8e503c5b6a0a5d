"""What a reader may spend on one file, and how it reads pictures of text."""

from collections.abc import Callable
from dataclasses import dataclass, field

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one file. Mail hands them on to its attachments.

    Attributes:
        file_mb: MiB of the file itself.
        unpacked_mb: MiB that an archive format (DOCX, XLSX, …) may unpack to.
        pages: most pages (slides, sheets) of one document.
        seconds: time for one file; a page that is read by OCR has `page_seconds` of its own.
        page_seconds: time for one page of OCR.
        memory_mb: MiB of data that the reading process may have; 0 is no limit.
        ocr: whether scanned pages are read where Tesseract's data is present.
        ocr_languages: Tesseract's names, joined by `+`.
        ocr_pages: most pages of one document that are read by OCR.
        depth: mails and attachments inside each other.
        heartbeat: called before a slow step (a page of OCR), which then has time of its own.
    """

    file_mb: int = 50
    unpacked_mb: int = 512
    pages: int = 2000
    seconds: float = 120.0
    page_seconds: float = 60.0
    memory_mb: int = 2048
    ocr: bool = True
    ocr_languages: str = "por+eng"
    ocr_pages: int = 300
    depth: int = 4
    heartbeat: Callable[[], None] = field(default=lambda: None, compare=False, repr=False)

    @property
    def unpacked_bytes(self) -> int:
        """`unpacked_mb` in bytes."""
        return self.unpacked_mb * MIB


DEFAULT = Limits()
