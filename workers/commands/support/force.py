"""Whether a document or a row is in force, in words."""

from workers.contracts.documents import Document, Force


def force_words(document: Document) -> str:
    """Whether a document is in force, and why not; nothing of what is not indexed."""
    if document.indexed_at is None:
        return ""
    last = document.valid_until
    words = {
        Force.IN_FORCE: f"in force until {last}" if last else "in force",
        Force.RETIRED: "retired",
        Force.NOT_YET: f"from {document.force_day}",
        Force.ENDED: f"until {document.force_day}",
        Force.REPLACED: f"replaced by {document.replaced_by}",
    }
    return words[document.force]


def period_words(period: str) -> str:
    """The days between which a row holds, as `ingestion.validity.period` writes them.

    >>> period_words("../2026-12-31")
    'until 2026-12-31'
    """
    first, last = period.split("/")
    words = (f"from {first}" if first != ".." else "", f"until {last}" if last != ".." else "")
    return " ".join(filter(None, words))
