"""Uploaded files, read from a multipart body: whole, bounded, with safe names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import flask

from api import body
from api.problems import FieldError, ProblemError, invalid
from api.settings import ApiSettings
from workers.contracts.document_names import checked_name
from workers.contracts.documents import MIB
from workers.contracts.errors import DocumentNameError

MULTIPART: Final = "multipart/form-data"
#: The name of the form's field; it may come many times.
FIELD: Final = "file"
#: Fields that say when the files hold; each may come once.
DAYS: Final = ("valid_from", "valid_until")
REPLACES: Final = "replaces"
#: Most files of one request.
MOST_FILES: Final = 100
#: Bytes of a body beside the files: boundaries and the parts' headers.
_FORM_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as it came, with its checked name.

    Attributes:
        validity: what is said of when it holds, by the field's name; an empty text takes back what
            was said before.
    """

    name: str
    data: bytes
    validity: Mapping[str, str] = field(default_factory=dict)


def read(request: flask.Request, settings: ApiSettings) -> list[Upload | ProblemError]:
    """The files of a request, in their order; for one that cannot be taken, its error.

    Raises:
        ProblemError: the body as a whole cannot be used; nothing was accepted.
    """
    bound(request, settings)
    request.max_form_parts = MOST_FILES
    return list(_files(request))


def bound(request: flask.Request, settings: ApiSettings) -> None:
    """Refuse an upload that is too large before it is read.

    Raises:
        ProblemError: 411, 413 or 415; nothing was accepted.
    """
    body.media_type(request, MULTIPART)
    length, most_bytes = request.content_length, settings.max_upload_mb * MIB
    if length is None:
        raise ProblemError(
            411,
            "length-required",
            "Nothing was accepted: an upload says its size in the header Content-Length, so that "
            "one that broke off is noticed.",
        )
    if length > most_bytes + _FORM_BYTES:
        raise ProblemError(
            413,
            "upload-too-large",
            f"Nothing was accepted: the files of one request may have {settings.max_upload_mb} MiB "
            "together (ATENDE_MAX_UPLOAD_MB). Send fewer at once, or split the document.",
        )
    request.max_content_length = most_bytes + _FORM_BYTES


def _files(request: flask.Request) -> Iterator[Upload | ProblemError]:
    # Werkzeug gives an empty form where the body broke off or is no multipart.
    parts = list(request.files.items(multi=True))
    if not parts or not _are_known(request) or any(field != FIELD for field, _ in parts):
        raise ProblemError(
            422,
            "invalid-upload",
            f"Nothing was accepted: send each file as a part named `{FIELD}` with its filename, "
            f"up to {MOST_FILES} of them, the fields `{DAYS[0]}`, `{DAYS[1]}` and `{REPLACES}` "
            "once at most, nothing else, and the body whole.",
        )
    validity = _validity(request.form, len(parts))
    names: set[str] = set()
    for index, (_, file) in enumerate(parts):
        try:
            name = checked_name(file.filename or "", taken=names)
        except DocumentNameError as error:
            yield invalid([FieldError(field=f"/{FIELD}/{index}", detail=str(error))])
        else:
            names.add(name)
            yield Upload(name, file.read(), validity)
        finally:
            file.close()


def _are_known(request: flask.Request) -> bool:
    known = {*DAYS, REPLACES}
    return all(name in known and len(values) == 1 for name, values in request.form.lists())


def _validity(form: Mapping[str, str], files: int) -> dict[str, str]:
    """What the form says of when its files hold.

    Raises:
        ProblemError: a day or a name cannot be read, or the days are in the wrong order.
    """
    errors: list[FieldError] = []
    days: dict[str, date] = {}
    for name in DAYS:
        if text := form.get(name, ""):
            try:
                days[name] = date.fromisoformat(text)
            except ValueError:
                errors.append(FieldError(field=f"/{name}", detail="A day is YYYY-MM-DD."))
    if len(days) == len(DAYS) and days[DAYS[0]] > days[DAYS[1]]:
        errors.append(FieldError(field=f"/{DAYS[1]}", detail="It is before `valid_from`."))
    replaces = form.get(REPLACES, "")
    try:
        replaces = checked_name(replaces) if replaces else ""
    except DocumentNameError as error:
        errors.append(FieldError(field=f"/{REPLACES}", detail=str(error)))
    if replaces and files > 1:
        detail = "One document replaces another: send it in a request of its own."
        errors.append(FieldError(field=f"/{REPLACES}", detail=detail))
    if errors:
        raise invalid(errors)
    said = {name: str(day) for name, day in days.items()} | {REPLACES: replaces}
    return {name: said.get(name, "") for name in form}
