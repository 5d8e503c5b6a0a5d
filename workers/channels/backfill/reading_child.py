"""The process that reads an uploaded file into rows, started by `FileReader`.

python -m workers.channels.backfill.reading_child CHANNEL LIFELINE MEMORY_MIB

It may crash, be killed, run out of memory or out of time: nobody else is hurt. What it says is
JSON, not pickle: it opens hostile files, and unpickling what it sends could run anything.

It is told `{"path", "options", "seconds"}` and says, in this order: `{"guesses"}`; any number of
`{"rows", "left_out"}`; then `{"end": true}` or `{"error"}`, in words for the user.
"""

import json
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from ingestion.reader.child import READY, bound_memory, end_with_parent
from workers.channels.backfill.sources.source import (
    LeftOut,
    Source,
    SourceError,
    SourceOptions,
    load_kinds,
    open_source,
)
from workers.contracts.backfill import BackfillRow

#: Rows, and parts of the source that are none, that are said at once.
_MOST_AT_ONCE: Final = 500
#: Characters of rows that are said at once.
_LONGEST_AT_ONCE: Final = 1_000_000
#: Formats that are no file: an upload must not lead anywhere else.
_NO_FILE: Final = frozenset({"imap", "maildir"})


def serve(channel: Connection) -> None:
    """Read the one file that is asked for."""
    channel.send_bytes(READY)
    try:
        request = json.loads(channel.recv_bytes())
    except (EOFError, OSError):
        return
    memory_mib, seconds = request["memory_mib"], request["seconds"]
    try:
        for message in _messages(request):
            _alarm(0)  # a parent that waits for Redis costs the file no time
            _say(channel, message)
            _alarm(seconds)
        last: dict[str, Any] = {"end": True}
    except SourceError as error:
        last = {"error": str(error)}
    except MemoryError:
        last = {
            "error": f"Reading the file took more than {memory_mib} MiB of memory. Nothing was "
            "asked. Divide it, or raise ATENDE_PARSE_MEMORY_MB, and hand it in again."
        }
    except Exception as error:  # noqa: BLE001 - any fault of any parser is this file's alone
        last = {
            "error": f"The file broke what reads it ({type(error).__name__}). Nothing was asked. "
            "Save it in another format (CSV, say), and hand it in again."
        }
    _alarm(0)
    _say(channel, last)


def _messages(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    _alarm(request["seconds"])
    source = open_source(request["path"], _options(request["options"]))
    yield {"guesses": [[guess.what, guess.value] for guess in source.guesses()]}
    yield from _parts(source)


def _options(fields: dict[str, Any]) -> SourceOptions:
    try:
        options = TypeAdapter(SourceOptions).validate_python(fields)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise SourceError(
            f"The option `{name}` cannot be used: {first['msg']}. Nothing was read."
        ) from error
    if options.format in _NO_FILE:
        raise SourceError(
            f"The format '{options.format}' is no file. Nothing was read. Run `atende backfill` "
            "for a folder or a mailbox."
        )
    return options


def _parts(source: Source) -> Iterator[dict[str, Any]]:
    """What the source holds, in parts that need little memory."""
    rows: list[dict[str, Any]] = []
    left_out: Counter[str] = Counter()
    length = items = 0
    for item in source.rows():
        items += 1
        if isinstance(item, LeftOut):
            left_out[item.reason] += 1
        else:
            rows.append(item.model_dump(mode="json", exclude_defaults=True))
            length += _length(item)
        if items >= _MOST_AT_ONCE or length >= _LONGEST_AT_ONCE:
            yield {"rows": rows, "left_out": left_out}
            rows, left_out, length, items = [], Counter(), 0, 0
    if items:
        yield {"rows": rows, "left_out": left_out}


def _length(row: BackfillRow) -> int:
    """About how many characters a row has."""
    return len(row.question) + len(row.later_answer) + sum(map(len, row.columns.values()))


def _say(channel: Connection, message: dict[str, Any]) -> None:
    channel.send_bytes(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace"))


def _alarm(seconds: float) -> None:
    """Let the kernel end this process after this time, even inside a call that never returns."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def main() -> None:
    """Serve on the pipe whose descriptor the command line gives."""
    channel, lifeline, memory = map(int, sys.argv[1:4])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    end_with_parent(lifeline)
    load_kinds()  # before memory is bounded: numpy never returns from an import that lacks it
    bound_memory(memory)
    with Connection(channel) as connection:
        serve(connection)


if __name__ == "__main__":
    main()
