"""Request bodies, read strictly: what two readers could understand differently is refused."""

import io
import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final, Never, cast

import flask
from werkzeug.exceptions import RequestEntityTooLarge

from api.problems import ProblemError

#: Deepest nesting. Records are read back by a parser that gives up at about 200.
_DEEPEST = 32
#: Largest body of one question, in bytes; batches may be as large as the setting says.
_LARGEST_SINGLE = 128 * 1024
JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"

#: An escape of one half of a surrogate pair; the other half may be missing.
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


class MalformedError(ValueError):
    """A text that is no JSON that everyone reads alike; the message never quotes it."""


def parse(raw: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Read one JSON value.

    Raises:
        MalformedError: no UTF-8, no JSON (RFC 8259), a name twice in one object, a number beyond
            64-bit floats, a lone surrogate, or nested deeper than 32 levels.
    """
    try:
        text = raw.decode()
        value = _DECODER.decode(text)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()  # fails at a lone surrogate
    except MalformedError:
        raise
    except RecursionError:
        raise MalformedError("it is nested too deeply") from None
    except UnicodeEncodeError:
        raise MalformedError("it holds half of a surrogate pair") from None
    except UnicodeDecodeError:
        raise MalformedError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedError(f"it is not JSON at {where}") from None
    except ValueError:  # CPython reads no integer of more than 4,300 digits
        raise MalformedError("a number is too long") from None
    if _deeper_than(value, _DEEPEST):
        raise MalformedError("it is nested too deeply")
    return value


def lines(raw: bytes) -> Iterator[Any]:
    """The values of newline-delimited JSON; a line that cannot be read yields its error."""
    for line in raw.split(b"\n"):
        if line.strip():
            try:
                yield parse(line)
            except MalformedError as error:
                yield error


class StrictRequest(flask.Request):
    """A request whose JSON body is read by `parse`, and whose files stay in memory."""

    def _get_file_stream(self, *_: object, **__: object) -> io.BytesIO:
        """No file on disk: an upload is bounded, and Werkzeug leaves those of a cut body open."""
        return io.BytesIO()

    def get_json(
        self,
        force: bool = False,  # noqa: ARG002, FBT001, FBT002 - Flask's signature
        silent: bool = False,  # noqa: ARG002, FBT001, FBT002 - it would hide why
        cache: bool = True,  # noqa: ARG002, FBT001, FBT002
    ) -> Any:  # noqa: ANN401 - Flask's signature
        """The body of one question: a JSON object.

        Raises:
            ProblemError: 400, 415 or 422.
        """
        self.max_content_length = min(self.max_content_length or _LARGEST_SINGLE, _LARGEST_SINGLE)
        return read_object(self)


def media_type(request: flask.Request, *known: str) -> str:
    """The body's media type, one of `known`.

    Raises:
        ProblemError: 415.
    """
    given = request.mimetype
    if given in known and not request.headers.get("Content-Encoding"):
        return given
    raise ProblemError(
        415,
        "unsupported-media-type",
        f"The body was not read. Send it as {' or '.join(known)}, in UTF-8 and not compressed.",
        headers={"Accept-Post": ", ".join(known)},
    )


def read_bytes(request: flask.Request) -> bytes:
    """The whole body.

    Werkzeug 3.1 cuts a chunked body at the limit without a word, and gives what came of one
    whose sender left: half a batch would be taken for a whole one.

    Raises:
        RequestEntityTooLarge: it is larger than the limit.
        ProblemError: 400, it is shorter than announced.
    """
    announced, limit = request.content_length, request.max_content_length
    if announced is None:
        raw = request.get_data(cache=False)
        if limit is not None and len(raw) >= limit:
            raise RequestEntityTooLarge
        return raw
    if limit is not None and announced > limit:
        raise RequestEntityTooLarge
    # Not through Werkzeug's streams: they cost as much as the parsing of what they read.
    raw = request.environ["wsgi.input"].read(announced)
    if len(raw) != announced:
        raise ProblemError(
            400, "incomplete-body", "Nothing was accepted: the body ended early. Send it again."
        )
    return cast("bytes", raw)


def read_object(request: flask.Request) -> dict[str, Any]:
    """The JSON object in the body.

    Raises:
        ProblemError: 400 for what is no JSON, 415 for another media type, 422 for no object.
    """
    media_type(request, JSON)
    try:
        value = parse(read_bytes(request))
    except MalformedError as error:
        raise ProblemError(
            400, "malformed-json", f"Nothing was accepted: the body cannot be read, {error}."
        ) from None
    if not isinstance(value, dict):
        raise ProblemError(
            422, "invalid-fields", "Nothing was accepted: the body must be a JSON object."
        )
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise MalformedError("a name stands twice in one object")
    return made


def _no_number(_: str) -> Never:
    raise MalformedError("NaN and Infinity are no JSON numbers")


def _finite(text: str) -> float:
    if math.isfinite(number := float(text)):
        return number
    raise MalformedError("a number is too large")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite
)


def _deeper_than(value: object, most: int) -> bool:
    """Whether containers stand in each other more than `most` times; level by level, no stack."""
    level: list[object] = [value]
    for _ in range(most):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
