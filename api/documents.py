"""Documents: upload some, list all, read one, retire, restore or remove one.

The list mirrors the knowledge base, which only workers open. It repairs itself: changes that
were not made by this API show within seconds.
"""

from typing import Any, Final

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api import uploads
from api.auth import access, requires
from api.document_schemas import (
    DocumentOut,
    DocumentPath,
    DocumentsOut,
    DocumentsQuery,
    UploadItemOut,
    UploadOut,
)
from api.problems import ProblemError, documented
from api.schemas import response
from api.services import Services, current_services
from api.uploads import FIELD, MULTIPART, Upload
from workers.contracts.api_keys import Scope
from workers.contracts.documents import Document, DocumentState, Verdict
from workers.contracts.jobs import documents_subject

documents = APIBlueprint(
    "documents",
    __name__,
    abp_tags=[Tag(name="documents")],
    abp_responses=documented(401, 403, 422, 500, 503),
)

#: Documents read at once to find those in one state.
_SCAN_PAGE: Final = 500
#: `Retry-After` of an upload, where others are being read, and where too many bytes wait.
_READING_SECONDS, _FULL_SECONDS = "2", "30"
_DAY: Final = {"anyOf": [{"type": "string", "format": "date"}, {"const": ""}]}
_UPLOAD_BODY: Final[dict[str, Any]] = {
    "description": "One or more files, each a part named `file` with its filename. The filename is "
    "the document's name; it may hold folders (`exames/jejum.pdf`).",
    "required": True,
    "content": {
        MULTIPART: {
            "schema": {
                "type": "object",
                "required": [FIELD],
                "properties": {
                    FIELD: {"type": "array", "items": {"type": "string", "format": "binary"}},
                    "valid_from": {
                        **_DAY,
                        "description": "First day on which these files are searched.",
                    },
                    "valid_until": {**_DAY, "description": "The last one."},
                    "replaces": {
                        "type": "string",
                        "description": "Name of the document that this file replaces: while it is "
                        "in force, that one is not. For one file. Empty, here as above: what was "
                        "said before no longer counts. A field that is not sent changes nothing.",
                    },
                },
            }
        }
    },
}


@documents.post(
    "/v1/documents",
    responses={202: UploadOut, **documented(400, 411, 413, 415, 429)},
    openapi_extensions={"requestBody": _UPLOAD_BODY},
)
@requires(Scope.INGEST)
def upload() -> Response:
    """Upload files.

    202 with a result per file: an accepted one will not be lost, and a worker reads it soon; ask
    its link for what became of it. Where no file was accepted, the error is the first file's. A
    file of a name that is known takes its document's place once it is read; until then, and
    where it cannot be read, the earlier version stays. Sending the same again changes nothing.
    429: too much of this clinic waits (`ATENDE_WAITING_UPLOADS_MB`).
    """
    services = current_services()
    if not services.uploads.acquire(blocking=False):
        raise ProblemError(
            503,
            "uploads-busy",
            "Nothing was accepted: other uploads are being read. Send this one again in a moment.",
            headers={"Retry-After": _READING_SECONDS},
        )
    try:
        items = [
            _accept(index, file, access().tenant, services)
            for index, file in enumerate(uploads.read(request, services.settings))
        ]
    finally:
        services.uploads.release()
    accepted = sum(not isinstance(item, ProblemError) for item in items)
    if accepted == 0 and isinstance(items[0], ProblemError):
        raise items[0]
    results = [
        UploadItemOut(index=index, problem=item.problem())
        if isinstance(item, ProblemError)
        else item
        for index, item in enumerate(items)
    ]
    return response(UploadOut(accepted=accepted, refused=len(items) - accepted, items=results), 202)


@documents.get("/v1/documents", responses={200: DocumentsOut})
@requires(Scope.INGEST)
def show_all(query: DocumentsQuery) -> Response:
    """List documents in the order of their names, with their states and errors."""
    services, tenant = current_services(), access().tenant
    matches: list[Document] = []
    after: str | None = query.after
    while after is not None and len(matches) < query.limit:
        room = query.limit - len(matches)
        size = room if query.state is None else _SCAN_PAGE
        page = services.documents.page(tenant, size, after)
        fitting = [each for each in page.documents if query.state in {None, each.state}]
        matches += fitting[:room]
        after = matches[-1].name if len(fitting) > room else page.after
    return response(
        DocumentsOut(
            documents=[_document_out(document, services) for document in matches],
            next=after,
            knowledge_version=services.documents.version(tenant),
        )
    )


@documents.get("/v1/documents/<path:document>", responses={200: DocumentOut, **documented(404)})
@requires(Scope.INGEST)
def show(path: DocumentPath) -> Response:
    """Read a document: its state, its error, and its progress while it is ingested."""
    services = current_services()
    return response(_document_out(_own(path.document, services), services))


@documents.delete("/v1/documents/<path:document>", responses={202: DocumentOut, **documented(404)})
@requires(Scope.INGEST)
def remove(path: DocumentPath) -> Response:
    """Remove a document.

    202: a worker removes it soon; then it is unknown here. An upload of it that waits is dropped.
    A document that came from a folder comes back with that folder's next ingestion, unless its
    file is taken away.
    """
    services = current_services()
    document = _own(path.document, services)
    if services.documents.remove(document.tenant, document.name) is Verdict.UNKNOWN:
        raise _unknown()
    current = services.documents.get(document.tenant, document.id)
    removed = document.model_copy(update={"state": DocumentState.REMOVING})
    return response(_document_out(current or removed, services), 202)


@documents.post(
    "/v1/documents/<path:document>/retire", responses={202: DocumentOut, **documented(404)}
)
@requires(Scope.INGEST)
def retire(path: DocumentPath) -> Response:
    """Retire a document: it is kept and listed, and no question is answered from it.

    202: a worker does it soon; `validity` says it then. It stays retired when its file changes.
    """
    return _rule("retire", path.document)


@documents.post(
    "/v1/documents/<path:document>/restore", responses={202: DocumentOut, **documented(404)}
)
@requires(Scope.INGEST)
def restore(path: DocumentPath) -> Response:
    """End a document's retirement, or its replacement by a newer edition of the same title.

    202: a worker does it soon; `validity` says it then. Its days, and a document that says that it
    replaces this one, hold as before.
    """
    return _rule("restore", path.document)


def _rule(kind: str, id_or_name: str) -> Response:
    services = current_services()
    document = _own(id_or_name, services)
    subject = documents_subject(document.tenant)
    services.jobs.hand_in(kind, document.tenant, {"name": document.name}, subject=subject)
    return response(_document_out(document, services), 202)


def _accept(
    index: int, file: Upload | ProblemError, tenant: str, services: Services
) -> UploadItemOut | ProblemError:
    if isinstance(file, ProblemError):
        return file
    verdict = services.documents.upload(tenant, file.name, file.data, file.validity)
    if verdict is Verdict.FULL:
        return ProblemError(
            429,
            "uploads-full",
            "This file was not accepted: too many bytes of this clinic's uploads wait for a "
            "worker (ATENDE_WAITING_UPLOADS_MB). Send it again later.",
            headers={"Retry-After": _FULL_SECONDS},
        )
    document = services.documents.get(tenant, file.name)
    if document is None:  # removed by somebody else since
        return _unknown()
    return UploadItemOut(
        index=index,
        document=_document_out(document, services),
        repeated=verdict is Verdict.REPEATED,
    )


def _own(id_or_name: str, services: Services) -> Document:
    """The document, if it is the caller's; another tenant's looks like one that never was."""
    document = services.documents.get(access().tenant, id_or_name)
    if document is None:
        raise _unknown()
    return document


def _unknown() -> ProblemError:
    return ProblemError(
        404,
        "document-unknown",
        "This key's tenant has no document of this id or name. GET /v1/documents lists them all.",
    )


def _document_out(document: Document, services: Services) -> DocumentOut:
    ingesting = document.state is DocumentState.INGESTING
    return DocumentOut.of(document, services.jobs.get(document.job) if ingesting else None)
