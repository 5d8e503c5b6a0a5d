"""A version of a tenant's documents: equal documents give an equal one. Pure."""

from collections.abc import Iterable
from hashlib import sha256

from ingestion.knowledge.document import IndexedDocument, Ruling
from ingestion.knowledge.stores.payload import SCHEMA
from ingestion.validity import UNSAID

_MODULUS = 1 << 48


def version_of(documents: Iterable[IndexedDocument]) -> str:
    """12 hex digits from names, digests, recipes, and what the clinic says of them."""
    return version_after(f"{_weight(str(SCHEMA)):012x}", (), documents)


def version_after(
    version: str, before: Iterable[IndexedDocument], after: Iterable[IndexedDocument]
) -> str:
    """The version once some documents have changed, without reading the rest.

    It is a sum of hashes (AdHash, Bellare and Micciancio 1997), which a document joins and leaves
    whatever the others are: a write costs the same in a small and in a large knowledge base.
    """
    total = int(version, 16)
    total += sum(map(_weight_of, after)) - sum(map(_weight_of, before))
    return f"{total % _MODULUS:012x}"


def version_with(version: str, text: str) -> str:
    """The version of the same documents where `text` says what of them is out of force."""
    if not text:
        return version
    return f"{(int(version, 16) + _weight(text)) % _MODULUS:012x}"


def _weight_of(document: IndexedDocument) -> int:
    if not document.digest:
        return 0
    text = f"{document.name}\0{document.digest}\0{document.recipe}"
    if (document.given, document.ruling) != (UNSAID, Ruling.NONE):
        text += f"\0{document.given}\0{document.ruling}"
    return _weight(text)


def _weight(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:6], "big")
