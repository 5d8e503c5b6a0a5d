"""What every source does with a row before it hands it out. Pure, but for the word lists."""

from datetime import date, datetime
from hashlib import blake2b
from typing import Final
from zoneinfo import ZoneInfo

from workers.answering.triage.reasons import COURTESIES
from workers.answering.triage.triage import load_triage
from workers.channels.backfill.sources.source import LeftOut, SourceOptions
from workers.contracts.backfill import BackfillRow

#: Where a source says no zone of its times: most of Brazil.
ZONE: Final = ZoneInfo("America/Sao_Paulo")
#: Characters of the longest id that is a key as it stands; the store takes 200, with a suffix.
LONGEST_ID: Final = 180
#: Characters of a question that is too long, by which a person knows it again.
SHOWN: Final = 500
#: Characters of the longest courtesy; the word lists read no further.
LONGEST_COURTESY: Final = 200


def checked(
    row: BackfillRow, options: SourceOptions, *, courtesies: bool = False
) -> BackfillRow | LeftOut:
    """The row as it is handed out: left out, or with the fault that nobody can ask it with.

    A question that is too long is never asked cut: what the row then holds is for people to know
    it by.

    Args:
        row: as it was read.
        options: the user's.
        courtesies: whether greetings and thanks alone are rows too: where somebody counts on a
            result for each.
    """
    if options.since and row.asked_at is not None and is_older(row.asked_at, options.since):
        return LeftOut("older")
    if row.fault:
        return row
    question = row.question.strip()
    if not question:
        return row.model_copy(update={"question": "", "fault": "empty"})
    if len(question) > options.longest:
        shown = f"{question[:SHOWN]}…"
        return row.model_copy(update={"question": shown, "fault": "too_long"})
    if not courtesies and is_courtesy(question):
        return LeftOut("courtesy")
    return row if question == row.question else row.model_copy(update={"question": question})


def is_courtesy(text: str) -> bool:
    """Whether a text is a greeting, thanks or "ok" alone."""
    if len(text) > LONGEST_COURTESY:
        return False
    fixed = load_triage().of(text, "pt")
    return fixed is not None and fixed.reason in COURTESIES


def is_older(asked_at: float, since: date) -> bool:
    """Whether a time (Unix seconds) lies before a day begins in Brazil."""
    return asked_at < datetime(since.year, since.month, since.day, tzinfo=ZONE).timestamp()


def text_key(*parts: str) -> str:
    """The key of a row that its source gives no id: a hash of what it says."""
    joined = "\0".join(parts).encode("utf-8", "surrogatepass")
    return blake2b(joined, digest_size=16).hexdigest()


def key_of(own_id: str, *parts: str) -> str:
    """A row's key before it is made unique: its source's id, where that is short; else a hash.

    Args:
        own_id: what the source calls the row; empty where it has no id.
        parts: what the row says, for the hash.
    """
    own_id = own_id.strip()
    if own_id and len(own_id) <= LONGEST_ID:
        return own_id
    return text_key(own_id, *parts)
