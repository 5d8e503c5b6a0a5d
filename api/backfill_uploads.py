"""A file of old questions, read from a multipart body: whole, bounded, with its options."""

from dataclasses import dataclass
from typing import Any, Final

import flask
from pydantic import ValidationError

from api import uploads
from api.backfill_schemas import BackfillIn, UploadIn
from api.problems import FieldError, ProblemError, field_errors, invalid
from api.settings import ApiSettings
from workers.contracts.document_names import checked_name
from workers.contracts.errors import DocumentNameError

#: Fields that may come several times.
_LISTS: Final = frozenset({"clinic"})


@dataclass(frozen=True, slots=True)
class BackfillUpload:
    """A file with its checked name, the backfill that it makes, and its options as JSON."""

    name: str
    data: bytes
    backfill: BackfillIn
    options: str


def read(request: flask.Request, settings: ApiSettings) -> BackfillUpload:
    """The file of a request.

    Raises:
        ProblemError: the body cannot be used; nothing was accepted.
    """
    uploads.bound(request, settings)
    parts = list(request.files.items(multi=True))
    if len(parts) != 1 or parts[0][0] != uploads.FIELD:
        raise ProblemError(
            422,
            "invalid-upload",
            f"Nothing was accepted: send one file as a part named `{uploads.FIELD}` with its "
            "filename, and the body whole.",
        )
    file = parts[0][1]
    try:
        name = checked_name(file.filename or "")
        fields = UploadIn.model_validate(_fields(request))
        data = file.read()
    except DocumentNameError as error:
        raise invalid([FieldError(field=f"/{uploads.FIELD}", detail=str(error))]) from None
    except ValidationError as error:
        raise invalid(field_errors(error)) from None
    finally:
        file.close()
    options = fields.model_dump_json(
        exclude=set(BackfillIn.model_fields), exclude_unset=True, exclude_none=True
    )
    said = fields.model_dump(include=set(BackfillIn.model_fields), exclude_unset=True)
    known = {key: value for key, value in said.items() if value is not None}
    backfill = BackfillIn.model_validate({"name": name[:200], "source": name, **known})
    return BackfillUpload(name, data, backfill, options)


def _fields(request: flask.Request) -> dict[str, Any]:
    """The form's fields; one that came twice, and may not, is wrong."""
    fields: dict[str, Any] = {}
    for name, values in request.form.lists():
        if name in _LISTS:
            fields[name] = values
        elif len(values) == 1:
            fields[name] = values[0] or None
        else:
            raise invalid([FieldError(field=f"/{name[:64]}", detail="Send it once.")])
    return fields
