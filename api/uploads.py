"""Uploaded files, read from a multipart body: whole, bounded, with safe names."""

from collections.abc import Iterator
from dataclasses import dataclass
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
#: Most files of one request.
MOST_FILES: Final = 100
#: Bytes of a body beside the files: boundaries and the parts' headers.
_FORM_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as it came, with its checked name."""

    name: str
    data: bytes


def read(request: flask.Request, settings: ApiSettings) -> list[Upload | ProblemError]:
    """The files of a request, in their order; for one that cannot be taken, its error.

    Raises:
        ProblemError: the body as a whole cannot be used; nothing was accepted.
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
    request.max_form_parts = MOST_FILES
    return list(_files(request))


def _files(request: flask.Request) -> Iterator[Upload | ProblemError]:
    # Werkzeug gives an empty form where the body broke off or is no multipart.
    parts = list(request.files.items(multi=True))
    if not parts or request.form or any(field != FIELD for field, _ in parts):
        raise ProblemError(
            422,
            "invalid-upload",
            f"Nothing was accepted: send each file as a part named `{FIELD}` with its filename, "
            f"nothing else, up to {MOST_FILES} of them, and the body whole.",
        )
    names: set[str] = set()
    for index, (_, file) in enumerate(parts):
        try:
            name = checked_name(file.filename or "", taken=names)
        except DocumentNameError as error:
            yield invalid([FieldError(field=f"/{FIELD}/{index}", detail=str(error))])
        else:
            names.add(name)
            yield Upload(name, file.read())
        finally:
            file.close()
