"""Request bodies, read strictly: what two readers could read differently is refused."""

import io
import json
from collections.abc import Iterator
from typing import Any, Final

import flask
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from pydantic_core import from_json
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from api.problems import ApiError, ProblemError

#: Largest body of one question; batches may be as large as the setting says.
_QUESTION_BYTES = 128 * 1024
#: Bytes of a long body that are read at a time.
_PIECE_BYTES: Final = 64 * 1024
JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"


class MalformedError(ApiError):
    """A text that is no JSON that everyone reads alike; the message never quotes it."""


def parse(raw: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Read one JSON value.

    Raises:
        MalformedError: no UTF-8, no JSON (RFC 8259), a name twice in one object, a lone surrogate,
            or nested deeper than 200 levels, as deep as records are read back.
    """
    try:
        value = from_json(raw, allow_inf_nan=False)
        json.loads(raw, object_pairs_hook=_refuse_repeated)
    except ValueError as error:
        raise MalformedError(str(error)) from None
    return value


def _refuse_repeated(pairs: list[tuple[str, object]]) -> None:
    """Where a name has two values, readers differ on which counts; pydantic takes the last."""
    if len(dict(pairs)) != len(pairs):
        raise MalformedError("a name appears twice in one object")


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

    #: Largest body that is one JSON object; a route that takes more says so.
    most_json_bytes = _QUESTION_BYTES

    def _get_file_stream(self, *_: object, **__: object) -> io.BytesIO:
        """No file on disk: an upload is bounded, and Werkzeug leaves files of a cut body open."""
        return io.BytesIO()

    def get_json(
        self,
        force: bool = False,  # noqa: ARG002, FBT001, FBT002 - Flask's signature
        silent: bool = False,  # noqa: ARG002, FBT001, FBT002 - it would hide why
        cache: bool = True,  # noqa: ARG002, FBT001, FBT002
    ) -> Any:  # noqa: ANN401 - Flask's signature
        """The body as a JSON object, of one question as a rule.

        Raises:
            ProblemError: 400, 415 or 422.
        """
        most = self.most_json_bytes
        self.max_content_length = min(self.max_content_length or most, most)
        return read_object(self)


def media_type(request: flask.Request, *known: str) -> str:
    """The body's media type, one of `known`.

    Raises:
        ProblemError: 415.
    """
    sent_type = request.mimetype
    if sent_type in known and not request.headers.get("Content-Encoding"):
        return sent_type
    raise ProblemError(
        415,
        "unsupported-media-type",
        f"The body was not read. Send it as {' or '.join(known)}, in UTF-8 and not compressed.",
        headers={"Accept-Post": ", ".join(known)},
    )


def read_bytes(request: flask.Request) -> bytes:
    """The whole body.

    Werkzeug 3.1 cuts a chunked body at the limit without a word, and returns what has come of a
    body whose sender left: half a batch would be taken for a whole one.

    Raises:
        RequestEntityTooLarge: it is larger than the limit.
        ProblemError: 400, it is shorter than announced, or its chunks cannot be read.
    """
    try:
        raw = request.get_data(cache=False)
    except ParseException:  # gunicorn reads the chunks as they are asked for
        raise _unreadable() from None
    _refuse_cut(request, len(raw))
    return raw


def read_start(request: flask.Request, most: int) -> bytes:
    """The first `most` bytes of a body that is read to its end: more is never held in memory.

    Raises:
        RequestEntityTooLarge: it is larger than the limit.
        ProblemError: 400; see `read_bytes`.
    """
    start, length = bytearray(), 0
    try:
        while piece := request.stream.read(_PIECE_BYTES):
            start += piece[: most - len(start)]
            length += len(piece)
    except ParseException:
        raise _unreadable() from None
    except ClientDisconnected:
        raise _ended_early() from None
    _refuse_cut(request, length)
    return bytes(start)


def _refuse_cut(request: flask.Request, length: int) -> None:
    """Refuse a body of which less was read than was sent."""
    announced, limit = request.content_length, request.max_content_length
    if announced is None and limit is not None and length >= limit:
        raise RequestEntityTooLarge
    if announced is not None and length != announced:
        raise _ended_early()


def _unreadable() -> ProblemError:
    return ProblemError(
        400,
        "incomplete-body",
        "Nothing was accepted: the body's chunks cannot be read. Send it again.",
    )


def _ended_early() -> ProblemError:
    return ProblemError(
        400, "incomplete-body", "Nothing was accepted: the body ended early. Send it again."
    )


def read_object(request: flask.Request) -> dict[str, Any]:
    """The JSON object in the body.

    Raises:
        ProblemError: 400 where it is no JSON, 415 another media type, 422 no object.
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
