"""Questions in JSON lines: objects with a question, texts alone, requests of OpenAI's batches."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from workers.channels.backfill.sources.checking import checked
from workers.channels.backfill.sources.occurrences import Occurrences
from workers.channels.backfill.sources.source import (
    Guess,
    LeftOut,
    SourceError,
    SourceOptions,
    name_of,
    unreadable,
)
from workers.channels.backfill.sources.tables.conversation import asked_of
from workers.channels.backfill.sources.tables.layout import (
    Layout,
    broken_row,
    named,
)
from workers.channels.backfill.sources.tables.text_lines import TextLines
from workers.contracts.backfill import BackfillRow, bounded

#: Objects by which the columns are guessed.
_SAMPLE: Final = 200
#: Characters of a value that guesses are made by.
_SAMPLED: Final = 500
#: Bytes of a file that is one JSON list, which is read as a whole.
_MOST_LIST: Final = 64 << 20
#: Half of a character that is written as two.
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
#: The one column of a file of texts.
_TEXT: Final = "pergunta"


class _Item(NamedTuple):
    """A value of the file, or a line that is none.

    Attributes:
        place: where it stands, in Portuguese.
        text: the line as it is.
        value: an object; None where the line is broken.
    """

    place: str
    text: str
    value: Mapping[str, Any] | None


class JsonlSource:
    """A file of JSON lines, or of one JSON list.

    Raises:
        SourceError: it cannot be read, or no field of it looks like questions.
    """

    kind = "jsonl"

    def __init__(self, path: Path, options: SourceOptions) -> None:
        self.name = name_of(path)
        self._path, self._options = path, options
        self._lines = TextLines(path, options.encoding)
        sample = [item.value for item in islice(self._items(), _SAMPLE) if item.value is not None]
        plain = [value for value in sample if not _is_request(value)]
        self._names = tuple(dict.fromkeys(name for value in plain for name in value))
        cells = [[_words(value.get(name))[:_SAMPLED] for name in self._names] for value in plain]
        self._layout = Layout.of(self._names, cells, options) if plain else None
        self._requests = len(plain) < len(sample)

    def guesses(self) -> tuple[Guess, ...]:
        """The fields, and that requests are what they are."""
        guesses = list(self._layout.guesses()) if self._layout else []
        if self._requests:
            guesses.insert(0, Guess("formato", "pedidos em lote da OpenAI", "--format"))
        return tuple(guesses)

    def rows(self) -> Iterator[BackfillRow | LeftOut]:
        """A row for each line; a line that is no JSON object is one that cannot be read."""
        with Occurrences() as seen:
            for item in self._items():
                if item.value is None:
                    yield broken_row(item.place, item.text, seen)
                elif _is_request(item.value):
                    yield self._request(item, item.value, seen)
                else:
                    yield self._plain(item, item.value, seen)

    def _plain(
        self, item: _Item, value: Mapping[str, Any], seen: Occurrences
    ) -> BackfillRow | LeftOut:
        if self._layout is None or self._layout.names[self._layout.question] not in value:
            return broken_row(item.place, item.text, seen)
        cells = [_words(value.get(name)) for name in self._names]
        row = self._layout.row(item.place, cells, seen)
        more = {name: _words(words) for name, words in value.items() if name not in self._names}
        if more and isinstance(row, BackfillRow):
            return row.model_copy(update={"columns": bounded({**row.columns, **more})})
        return row

    def _request(
        self, item: _Item, value: Mapping[str, Any], seen: Occurrences
    ) -> BackfillRow | LeftOut:
        body = value.get("body", value)
        asked = asked_of(body) if isinstance(body, dict) else None
        own = _words(value.get("custom_id"))
        if asked is None:
            broken = broken_row(item.place, item.text, seen)
            return broken.model_copy(update={"id": own, "shape": "openai"})
        turns = [word for turn in asked.context for word in (turn.question, turn.answer)]
        key, own, place = named(own, item.place, seen, *turns, asked.question)
        row = BackfillRow(
            key=key,
            id=own,
            place=place,
            question=asked.question,
            context=asked.context,
            later_answer=asked.answer,
            shape="openai",
        )
        return checked(row, self._options, courtesies=True)  # each request has its line of output

    def _items(self) -> Iterator[_Item]:
        is_list = False
        for line in self._lines:
            text = line.text.strip()
            if not text:
                continue
            if is_list := is_list or (text.startswith("[") and line.number == 1):
                break
            value = None if line.damaged else _value(text)
            yield _Item(f"linha {line.number}", text, _as_object(value))
        if is_list:
            yield from self._listed()

    def _listed(self) -> Iterator[_Item]:
        """The items of a file that is one list."""
        try:
            if self._path.stat().st_size > _MOST_LIST:
                raise SourceError(
                    f"{self._path} is one JSON list of more than {_MOST_LIST >> 20} MiB. Nothing "
                    f"was read. Save it as JSON lines, one object a line."
                )
            values = _without_halves(json.loads("".join(line.text for line in self._lines)))
        except OSError as error:
            raise unreadable(self._path, error) from error
        except (ValueError, RecursionError) as error:
            raise SourceError(
                f"{self._path} begins as a JSON list and is none ({error}). Nothing was read. "
                f"Save it again, or as JSON lines, one object a line."
            ) from error
        for number, value in enumerate(values, start=1):
            text = json.dumps(value, ensure_ascii=False)
            yield _Item(f"item {number}", text, _as_object(value))


def looks_like_json(head: bytes) -> bool:
    """Whether a file begins as JSON lines do, or as a list of objects or texts."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"[":
        return start[1:].lstrip()[:1] in {b"{", b'"'}
    line, end, _ = start.partition(b"\n")
    if start[:1] != b"{":
        return False
    return not end or _value(line.decode("utf-8", "replace")) is not None


def _value(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """None where it is no JSON."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _without_halves(value) if _HALF.search(text) else value


def _without_halves(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Half a character, which JSON can write and UTF-8 can't, becomes a question mark."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _as_object(value: object) -> Mapping[str, Any] | None:
    match value:
        case dict():
            return value
        case str():
            return {_TEXT: value}
        case _:
            return None


def _is_request(value: Mapping[str, Any]) -> bool:
    """Whether it is a line of a batch, or its body alone."""
    of_a_batch = "body" in value and ("custom_id" in value or "method" in value)
    return of_a_batch or isinstance(value.get("messages"), list)


def _words(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "sim" if value else "não"
        case int() | float():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)
