"""What of a clinic's documents is out of force on a day, and why. Pure: nothing of it is stored.

So a day that passes, a document that goes or one that is retired needs no ingestion. For each
document the first of these decides:

1. the clinic retired it;
2. the day lies before its first day or after its last: what the clinic said of it goes before
   what it says itself;
3. another document says that it `replaces` it, for as long as that one has begun, has not ended
   and is not retired (the year-end hours replace the usual ones for two weeks), and no newer
   edition takes its place: what last year's hours replaced is back unless this year's say the
   same. Documents that replace each other in a circle don't replace each other;
4. another edition of the same sheet is newer (see `editions`), has begun and is not retired. It
   stays newer after it has ended: last year's prices don't come back. An edition of a year to come
   waits for that year. Nothing of this holds for a document that the clinic restored.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import chain
from pathlib import PurePosixPath

from ingestion.knowledge.document import IndexedDocument, Ruling
from ingestion.knowledge.editions import Edition, sheets
from ingestion.validity import holds


class Reason(StrEnum):
    """Why a document is out of force."""

    RETIRED = "retired"
    NOT_YET = "not_yet"
    ENDED = "ended"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why one document is out of force.

    Attributes:
        reason: which kind of reason.
        day: its first day, where it has not begun; its last, where it has ended.
        by: name of the document that replaces it.
        by_title: that one is a newer edition; nobody said that it replaces this one.
    """

    reason: Reason
    day: date | None = None
    by: str = ""
    by_title: bool = False


@dataclass(frozen=True, slots=True)
class OutOfForce:
    """What is not searched.

    Attributes:
        causes: by the name of a complete document.
        begun: names of others, whose first chunks may be searchable.
        periods: of rows, as `validity.period` writes them.
        alike: documents of one title of which none is newer: by name, the others' names.
    """

    causes: Mapping[str, Cause] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()
    periods: frozenset[str] = frozenset()
    alike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def documents(self) -> frozenset[str]:
        """Their names."""
        return self.begun.union(self.causes)

    @property
    def text(self) -> str:
        """What of it a version depends on; empty where all is in force."""
        return "\0".join((*sorted(self.causes), *sorted(self.periods)))


def out_of_force(documents: Iterable[IndexedDocument], day: date) -> OutOfForce:
    """What of one clinic's documents is out of force on a day.

    One that is not complete yet, whose first chunks may be searchable, takes no other's place.
    """
    by_name = {document.name: document for document in documents}
    own = {
        name: cause for name, document in by_name.items() if (cause := _own_cause(document, day))
    }
    groups = list(sheets(by_name.values(), day.year + 1))
    causes = _decided(_statements(by_name, own), own, groups, day)
    periods = chain.from_iterable(document.periods for document in by_name.values())
    begun = frozenset(name for name in causes if not by_name[name].digest)
    return OutOfForce(
        {name: cause for name, cause in causes.items() if name not in begun},
        begun,
        frozenset(each for each in periods if not holds(each, day)),
        _alike(groups, causes),
    )


def replaced_by(document: IndexedDocument, documents: Mapping[str, IndexedDocument]) -> str:
    """The name of the document that this one says it replaces; empty: none that is there.

    Its name as it is, beside this document's, or before it was renamed.
    """
    name = document.validity.replaces
    if not name:
        return ""
    beside = PurePosixPath(document.name).parent.joinpath(name).as_posix()
    former = (each.name for each in documents.values() if name in each.former_names)
    candidates = (name, beside, *former)
    return next((each for each in candidates if each in documents and each != document.name), "")


def _own_cause(document: IndexedDocument, day: date) -> Cause | None:
    validity = document.validity
    if document.ruling is Ruling.RETIRED:
        return Cause(Reason.RETIRED)
    if validity.valid_from and day < validity.valid_from:
        return Cause(Reason.NOT_YET, validity.valid_from)
    if validity.valid_until and day > validity.valid_until:
        return Cause(Reason.ENDED, validity.valid_until)
    return None


def _statements(
    documents: Mapping[str, IndexedDocument], own: Mapping[str, Cause]
) -> dict[str, str]:
    """Which document says that it replaces which one, by name; without circles."""
    targets = {
        name: target
        for name, document in sorted(documents.items())
        if document.digest and name not in own and (target := replaced_by(document, documents))
    }
    return {name: target for name, target in targets.items() if not _leads_back(name, targets.get)}


def _decided(
    statements: Mapping[str, str],
    own: Mapping[str, Cause],
    groups: Sequence[tuple[list[Edition], bool]],
    day: date,
) -> dict[str, Cause]:
    """All causes. Of several documents that replace one, the last by name is named.

    A document that loses its place by title replaces nothing; what it replaced may then take
    another's place by title, so this is asked until no statement falls.
    """
    while True:
        causes = {
            target: Cause(Reason.REPLACED, by=name) for name, target in statements.items()
        } | dict(own)
        by_title: dict[str, Cause] = {}
        for editions, are_one_sheet in groups:
            if are_one_sheet:
                by_title |= _older(_competing(editions, causes), day, causes)
        if not statements.keys() & by_title.keys():
            return causes | by_title
        statements = {name: target for name, target in statements.items() if name not in by_title}


def _alike(
    groups: Sequence[tuple[list[Edition], bool]], causes: Mapping[str, Cause]
) -> dict[str, tuple[str, ...]]:
    """Documents in force of one title, by name; not those of which the clinic has decided."""
    alike: dict[str, tuple[str, ...]] = {}
    for editions, _ in groups:
        rest = [each for each in editions if each.document.name not in causes]
        if any(each.document.ruling is Ruling.RESTORED for each in rest):
            continue
        names = [each.document.name for each in rest]
        alike |= {name: tuple(each for each in names if each != name) for name in names}
    return {name: others for name, others in alike.items() if others}


def _leads_back(start: str, next_of: Callable[[str], str | None]) -> bool:
    seen: set[str] = set()
    name = next_of(start)
    while name is not None and name not in seen:
        if name == start:
            return True
        seen.add(name)
        name = next_of(name)
    return False


def _competing(editions: Iterable[Edition], causes: Mapping[str, Cause]) -> list[Edition]:
    """Those that count among the editions: one that has ended is newer all the same."""
    causes_of = ((each, causes.get(each.document.name)) for each in editions)
    return [each for each, cause in causes_of if cause is None or cause.reason is Reason.ENDED]


def _older(editions: Sequence[Edition], day: date, causes: Mapping[str, Cause]) -> dict[str, Cause]:
    begun = [
        each for each in editions if each.document.digest and not _is_of_a_year_to_come(each, day)
    ]
    older: dict[str, Cause] = {}
    for edition in editions:
        name = edition.document.name
        if name in causes or edition.document.ruling is Ruling.RESTORED:
            continue
        if _is_of_a_year_to_come(edition, day):
            if begun and edition.year:
                older[name] = Cause(Reason.NOT_YET, date(edition.year, 1, 1), by_title=True)
            continue
        newer = [each for each in begun if edition.is_older_than(each)]
        newest = [each for each in newer if not any(map(each.is_older_than, newer))]
        if newest:
            names = sorted(each.document.name for each in newest)
            older[name] = Cause(Reason.REPLACED, by=names[0], by_title=True)
    return older


def _is_of_a_year_to_come(edition: Edition, day: date) -> bool:
    return edition.valid_from is None and edition.year is not None and edition.year > day.year
