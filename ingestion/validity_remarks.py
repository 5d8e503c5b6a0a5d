"""What the report of an ingestion says of its documents' validity, and what to do. Pure."""

from collections.abc import Iterable
from datetime import date

from ingestion.knowledge.document import IndexedDocument, Ruling
from ingestion.knowledge.editions import Edition
from ingestion.knowledge.in_force import Cause, OutOfForce, Reason, replaced_by
from ingestion.report import FileRow, Status
from ingestion.rows import Documents
from ingestion.validity import UNSAID, holds

#: Where a file was just read, what may be decided of it is said once; else only what is not
#: searched, at every ingestion.
_READ = frozenset({Status.NEW, Status.CHANGED, Status.RENAMED})
#: Documents of one title that are named: a website gives all of its pages the same.
_MOST_ALIKE = 2


def with_validity(
    rows: Iterable[FileRow], documents: Documents, out: OutOfForce, day: date
) -> list[FileRow]:
    """Rows with what is to be said of their documents' validity.

    Args:
        rows: what became of the files.
        documents: the tenant's, as they are after the ingestion.
        out: what of them is out of force.
        day: today.
    """
    return [_completed(row, documents, out, day) for row in rows]


def _completed(row: FileRow, documents: Documents, out: OutOfForce, day: date) -> FileRow:
    document = documents.get(row.name)
    if document is None or not document.digest:
        return row
    cause = out.causes.get(row.name)
    remarks = [_why(document, cause)] if cause else []
    if row.status in _READ:
        remarks += _to_decide(document, documents, out, day)
    return row.model_copy(update={"validity": " ".join(filter(None, remarks))})


def _why(document: IndexedDocument, cause: Cause) -> str:
    restore = f"`atende documents restore {document.name}`"
    match cause.reason:
        case Reason.RETIRED:
            return f"It is retired, so what it says now is not searched; {restore} ends that."
        case Reason.NOT_YET if cause.by_title:
            return (
                f"It is not searched before {cause.day}: its title or name says so, and there is "
                f"an earlier edition. If it holds already, run {restore}."
            )
        case Reason.NOT_YET:
            return f"It is not searched before {cause.day}, its first day."
        case Reason.ENDED:
            return f"It is no longer searched: {cause.day} was its last day."
        case Reason.REPLACED if cause.by_title:
            return (
                f"It is not searched: {cause.by} has the same title and is newer. If both hold, "
                f"run {restore}."
            )
        case Reason.REPLACED:
            return f"It is not searched: {cause.by} says that it replaces it."


def _to_decide(
    document: IndexedDocument, documents: Documents, out: OutOfForce, day: date
) -> list[str]:
    name = document.name
    remarks = []
    losers = [each for each, cause in sorted(out.causes.items()) if cause.by == name]
    if losers:
        remarks.append(f"It is searched in place of {', '.join(losers)}.")
    if document.validity.replaces and not replaced_by(document, documents):
        remarks.append(
            f"It says that it replaces {document.validity.replaces}, but there is no such document."
        )
    others = out.alike.get(name, ())
    if 0 < len(others) <= _MOST_ALIKE:
        remarks.append(
            f"{' and '.join(others)} has the same title, and nothing says which is newer: all are "
            f"searched. If one is out of date, run `atende documents retire NAME`."
        )
    if name not in out.causes and not losers and (year := _earlier_year(document, day)):
        remarks.append(
            f"Its title or name says {year}. If it no longer holds, run "
            f"`atende documents retire {name}`."
        )
    if any(not holds(each, day) for each in document.periods):
        remarks.append("Some of its rows are not in force today and not searched.")
    return remarks


def _earlier_year(document: IndexedDocument, day: date) -> int | None:
    """A year that is over, in the title or the name of a document of which nothing else is said."""
    if document.validity != UNSAID or document.ruling is not Ruling.NONE:
        return None
    edition = Edition.of(document)
    year = edition.title.year or edition.name.year
    return year if year and year < day.year else None
