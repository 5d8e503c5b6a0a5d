"""A file of mails, as Thunderbird, Gmail's Takeout and mail servers write it: mbox."""

import re
from collections.abc import Iterator
from contextlib import suppress
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import BinaryIO, Final

from workers.channels.backfill.sources.mails.held_mail import MOST_HELD, HeldMail
from workers.channels.backfill.sources.mails.separators import Span, spans, unquoted
from workers.channels.backfill.sources.mails.uses import Use, use_of_folder, use_of_labels
from workers.channels.backfill.sources.source import name_of, unreadable
from workers.channels.email.reading.headers import POLICY, headers_of, sent_at

#: Bytes in which a mail's labels and its marks by Mozilla stand: among its first headers.
_MOST_HEADERS: Final = 16_384
#: Bytes of a `From ` line in which its moment is looked for.
_MOST_LINE: Final = 1_000
_MARKED: Final = re.compile(rb"(?im)^(?:x-gmail-labels|x-mozilla-status):")
#: The bit of Mozilla's status that says that a mail was deleted and not yet cleared away.
_EXPUNGED: Final = 0x0008


class Mbox:
    """The mails of one file, in its order. It is read as it is, and never as a whole.

    Args:
        path: of the file.
    """

    kind: Final = "mbox"

    def __init__(self, path: Path) -> None:
        self.name = name_of(path)
        # Thunderbird calls a file as its folder: `Sent`, `Lixeira`.
        self._use = use_of_folder(path.stem)
        self._path = path

    def heads(self) -> Iterator[HeldMail]:
        """All mails."""
        return self.mails()

    def mails(self) -> Iterator[HeldMail]:
        """All mails."""
        try:
            with self._path.open("rb") as file, self._path.open("rb") as second:
                for span in spans(file):
                    yield self._held(second, span)
        except OSError as error:
            raise unreadable(self._path, error) from error

    def fetch(self, ref: str) -> bytes | None:
        """The mail at two places of the file; whatever stands there now."""
        start, _, end = ref.partition("-")
        try:
            with self._path.open("rb") as file:
                return _read(file, int(start), int(end))
        except OSError:
            return None

    def close(self) -> None:
        """Nothing is held open."""

    def _held(self, file: BinaryIO, span: Span) -> HeldMail:
        raw = _read(file, span.start, span.end)
        use = _use(raw)
        return HeldMail(
            ref=f"{span.start}-{span.end}",
            raw=raw,
            use=self._use if use is Use.ORDINARY else use,
            received_at=_received_at(file, span),
        )


def _read(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return unquoted(file.read(min(end - start, MOST_HELD)))


def _received_at(file: BinaryIO, span: Span) -> float | None:
    """The moment in the `From ` line; one without a zone counts as UTC's."""
    file.seek(span.line)
    words = file.read(min(span.start - span.line, _MOST_LINE)).decode("latin-1")
    return sent_at(" ".join(words.split()[2:]))


def _use(raw: bytes) -> Use:
    """What a mail is by Gmail's labels, or by Mozilla's mark of what was deleted."""
    if not _MARKED.search(raw[:_MOST_HEADERS]):
        return Use.ORDINARY
    headers = headers_of(BytesHeaderParser(policy=POLICY).parsebytes(raw[:_MOST_HEADERS]))
    status = headers.get("x-mozilla-status", ("",))[0]
    with suppress(ValueError):
        if int(status or "0", 16) & _EXPUNGED:
            return Use.TRASH
    return use_of_labels(headers.get("x-gmail-labels", ("",))[0].split(","))
