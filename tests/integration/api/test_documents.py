"""Documents over HTTP, against a real Valkey; the worker's part is played step by step."""

import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI
from redis import Redis
from werkzeug.test import TestResponse

from tests.integration.api.conftest import Keys
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.documents import DocumentStore
from workers.contracts.jobs import Job, JobStore
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
READY = {
    "name": "exames/jejum.md",
    "state": "ready",
    "title": "Jejum",
    "chunks": "2",
    "indexed_at": "1700000000.000",
    "origin": "upload",
}


def send(
    client: FlaskClient, headers: dict[str, str], *files: tuple[str, bytes], **fields: str
) -> TestResponse:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts += [
        f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files
    ]
    kind = "multipart/form-data; boundary=b"
    data = b"".join([*parts, b"--b--\r\n"])
    return client.post("/v1/documents", data=data, content_type=kind, headers=headers)


def body(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    value: dict[str, Any] = json.loads(response.text)
    return value


def taken(redis: Redis) -> Job:
    job = JobStore(redis).take(60, 3)
    assert job is not None
    return job


def test_the_life_of_an_upload(client: FlaskClient, keys: Keys, redis: Redis) -> None:
    upload = body(send(client, keys.ingest, ("exames/jejum.md", b"# Jejum")), 202)
    (item,) = upload["items"]
    assert (upload["accepted"], upload["refused"], item["repeated"]) == (1, 0, False)
    assert item["document"]["state"] == "queued"
    link = item["document"]["links"]["self"]

    job = taken(redis)
    JobStore(redis).renew(job, 60, '{"done":0,"chunks_done":1,"chunks_total":2}')
    now = body(client.get(link, headers=keys.ingest), 200)
    assert (now["state"], now["progress"]) == ("ingesting", {"chunks_done": 1, "chunks_total": 2})

    JobStore(redis).finish(job, "{}", READY)
    now = body(client.get("/v1/documents/exames/jejum.md", headers=keys.ingest), 200)
    assert (now["state"], now["title"], now["chunks"]) == ("ready", "Jejum", 2)
    assert now["progress"] is None
    assert now["indexed_at"] == "2023-11-14T22:13:20Z"

    assert body(client.delete(link, headers=keys.ingest), 202)["state"] == "removing"
    assert body(client.delete(link, headers=keys.ingest), 202)["state"] == "removing"
    JobStore(redis).finish(taken(redis), "{}", None)
    assert body(client.get(link, headers=keys.ingest), 404)["type"].endswith("document-unknown")
    body(client.delete(link, headers=keys.ingest), 404)


def test_a_bad_file_shows_its_reason_and_the_others_go_on(
    client: FlaskClient, keys: Keys, redis: Redis
) -> None:
    files = (("a.pdf", b"cut"), ("../b.md", b"# B"), ("c.md", b"# C"), ("c.md", b"# D"))
    upload = body(send(client, keys.ingest, *files), 202)
    assert (upload["accepted"], upload["refused"]) == (2, 2)
    assert [item["problem"] and item["problem"]["status"] for item in upload["items"]] == [
        None,
        422,
        None,
        422,
    ]
    JobStore(redis).fail(taken(redis), "This file is damaged.")
    JobStore(redis).finish(taken(redis), "{}", READY | {"name": "c.md"})
    listed = body(client.get("/v1/documents", headers=keys.ingest), 200)["documents"]
    assert [(document["name"], document["state"], document["reason"]) for document in listed] == [
        ("a.pdf", "failed", "This file is damaged."),
        ("c.md", "ready", None),
    ]


def test_sending_the_same_again_adds_nothing(client: FlaskClient, keys: Keys, redis: Redis) -> None:
    first = body(send(client, keys.ingest, ("a.md", b"# A")), 202)["items"][0]
    again = body(send(client, keys.ingest, ("a.md", b"# A")), 202)["items"][0]
    assert again == first | {"repeated": True}
    assert JobStore(redis).waiting() == 1


def test_names_carry_accents_however_they_are_written(
    client: FlaskClient, keys: Keys, redis: Redis
) -> None:
    composed, decomposed = "exames/pressão.md", "exames/pressa\u0303o.md"
    first = body(send(client, keys.ingest, (composed, b"# A")), 202)["items"][0]
    again = body(send(client, keys.ingest, (decomposed, b"# A")), 202)["items"][0]
    assert again["repeated"]
    assert again["document"]["id"] == first["document"]["id"]
    assert JobStore(redis).waiting() == 1
    for path in (composed, quote(composed), quote(composed, safe=""), quote(decomposed)):
        document = body(client.get(f"/v1/documents/{path}", headers=keys.ingest), 200)
        assert document["name"] == composed


def test_a_clinic_sees_and_removes_its_own_documents_alone(
    client: FlaskClient, keys: Keys, redis: Redis
) -> None:
    other = ApiKeys(redis).create("outra", frozenset({Scope.INGEST}), "test")
    theirs = {"Authorization": f"Bearer {other}"}
    link = body(send(client, keys.ingest, ("a.md", b"# A")), 202)["items"][0]["document"]["links"][
        "self"
    ]
    for path in (link, "/v1/documents/a.md"):
        body(client.get(path, headers=theirs), 404)
        body(client.delete(path, headers=theirs), 404)
    assert body(client.get("/v1/documents", headers=theirs), 200)["documents"] == []
    body(send(client, theirs, ("a.md", b"# Other")), 202)
    assert JobStore(redis).waiting() == 2
    body(client.get("/v1/documents", headers=keys.ask), 403)


def test_the_list_has_pages_and_is_filtered_by_state(
    client: FlaskClient, keys: Keys, redis: Redis, queue_settings: QueueSettings
) -> None:
    store = DocumentStore(redis, queue_settings)
    rows = [READY | {"name": f"{n:02}.md", "origin": "/srv/docs"} for n in range(10)]
    failed = [{"name": f"{n:02}.md", "state": "failed", "reason": "why"} for n in range(10, 15)]
    store.put("clinica", rows + failed)
    store.mark("clinica", "abc123")
    names: list[str] = []
    after: str | None = ""
    while after is not None:
        query = {"limit": 4, "after": after}
        page = body(client.get("/v1/documents", query_string=query, headers=keys.ingest), 200)
        names += [document["name"] for document in page["documents"]]
        after = page["next"]
    assert names == [f"{n:02}.md" for n in range(15)]
    assert page["knowledge_version"] == "abc123"
    query = {"limit": 3, "state": "failed"}
    page = body(client.get("/v1/documents", query_string=query, headers=keys.ingest), 200)
    assert [document["name"] for document in page["documents"]] == ["10.md", "11.md", "12.md"]
    page = body(
        client.get(
            "/v1/documents", query_string=query | {"after": page["next"]}, headers=keys.ingest
        ),
        200,
    )
    assert [document["name"] for document in page["documents"]] == ["13.md", "14.md"]
    assert page["next"] is None
    one = body(client.get("/v1/documents/01.md", headers=keys.ingest), 200)
    assert one["origin"] == "folder"
    assert "/srv" not in json.dumps(one)


def test_what_cannot_be_taken_says_why(
    make_app: Callable[..., OpenAPI], keys: Keys, redis: Redis
) -> None:
    client = make_app(max_upload_mb=1, waiting_uploads_mb=2).test_client()
    post = client.post
    assert body(send(client, keys.ingest, ("a.md", b"x" * 1_200_000)), 413)
    body(send(client, keys.ingest, ("..", b"x")), 422)
    body(post("/v1/documents", json={"file": "x"}, headers=keys.ingest), 415)
    body(
        post("/v1/documents", data={"other": (io.BytesIO(b"x"), "a.md")}, headers=keys.ingest), 422
    )
    body(post("/v1/documents", data={"file": "no file"}, headers=keys.ingest), 415)
    assert JobStore(redis).waiting() == 0
    body(send(client, keys.ingest, ("a.md", b"x" * 1_000_000)), 202)
    body(send(client, keys.ingest, ("b.md", b"x" * 1_000_000)), 202)
    full = send(client, keys.ingest, ("c.md", b"x" * 1_000_000))
    assert body(full, 429)["type"].endswith("uploads-full")
    assert full.headers["Retry-After"] == "30"


def test_too_many_uploads_at_once_are_told_to_come_again(
    app: OpenAPI, client: FlaskClient, keys: Keys
) -> None:
    uploads = app.extensions["atende"].uploads
    for _ in range(4):
        uploads.acquire()
    assert send(client, keys.ingest, ("a.md", b"x")).headers["Retry-After"] == "2"
    uploads.release()
    body(send(client, keys.ingest, ("a.md", b"x")), 202)
    body(send(client, keys.ingest, ("b.md", b"x")), 202)


WHOLE = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\n# A\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="b.md"\r\n\r\n# B\r\n--b--\r\n'
)


@pytest.mark.parametrize("length", [len(WHOLE) - 6, len(WHOLE) - 60, 90, 10])
def test_of_a_body_that_broke_off_nothing_is_taken(
    client: FlaskClient, keys: Keys, redis: Redis, length: int
) -> None:
    response = client.post(
        "/v1/documents",
        data=WHOLE[:length],
        content_type="multipart/form-data; boundary=b",
        headers=keys.ingest,
    )
    assert response.status_code == 422
    assert JobStore(redis).waiting() == 0


def test_a_body_of_unknown_length_is_not_read(client: FlaskClient, keys: Keys) -> None:
    response = client.post(
        "/v1/documents",
        input_stream=io.BytesIO(WHOLE),
        content_type="multipart/form-data; boundary=b",
        headers=keys.ingest | {"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert response.status_code == 411


# -- validity -----------------------------------------------------------------------------------


def test_an_upload_says_when_it_holds(client: FlaskClient, keys: Keys, redis: Redis) -> None:
    fields = {"valid_from": "2026-01-05", "valid_until": "", "replaces": "jejum-2021.md"}
    first = body(send(client, keys.ingest, ("jejum.md", b"# A"), **fields), 202)["items"][0]
    assert first["document"]["validity"] is None
    assert body(send(client, keys.ingest, ("jejum.md", b"# A"), **fields), 202)["items"][0][
        "repeated"
    ]
    later = fields | {"valid_until": "2026-12-31"}
    again = body(send(client, keys.ingest, ("jejum.md", b"# A"), **later), 202)["items"][0]
    assert not again["repeated"], "the same file, of which something else is said"
    job = taken(redis)
    assert job.arguments == {"name": "jejum.md", "validity": later}
    replaced = {"force": "replaced", "replaced_by": "b.md", "valid_from": "2026-01-05"}
    JobStore(redis).finish(job, "{}", READY | {"name": "jejum.md"} | replaced)
    document = body(client.get("/v1/documents/jejum.md", headers=keys.ingest), 200)
    assert document["validity"] == {
        "force": "replaced",
        "force_day": None,
        "replaced_by": "b.md",
        "valid_from": "2026-01-05",
        "valid_until": None,
        "replaces": None,
    }


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"valid_from": "31/12/2026"}, "/valid_from"),
        ({"valid_until": "2026-02-31"}, "/valid_until"),
        ({"valid_from": "2026-12-31", "valid_until": "2026-01-01"}, "/valid_until"),
        ({"replaces": "../a.md"}, "/replaces"),
        ({"replaces": "a.md", "two": ""}, ""),
    ],
)
def test_a_validity_that_makes_no_sense_is_refused(
    client: FlaskClient, keys: Keys, redis: Redis, fields: dict[str, str], field: str
) -> None:
    problem = body(send(client, keys.ingest, ("a.md", b"# A"), **fields), 422)
    assert [error["field"] for error in problem.get("errors") or [{"field": ""}]] == [field]
    assert JobStore(redis).waiting() == 0


def test_one_file_alone_replaces_another(client: FlaskClient, keys: Keys) -> None:
    files = (("a.md", b"# A"), ("b.md", b"# B"))
    body(send(client, keys.ingest, *files, valid_until="2026-12-31"), 202)
    problem = body(send(client, keys.ingest, *files, replaces="c.md"), 422)
    assert problem["errors"][0]["field"] == "/replaces"


@pytest.mark.parametrize("kind", ["retire", "restore"])
def test_a_document_is_retired_and_restored_by_a_worker_in_its_turn(
    client: FlaskClient, keys: Keys, redis: Redis, queue_settings: QueueSettings, kind: str
) -> None:
    DocumentStore(redis, queue_settings).put("clinica", [READY])
    body(send(client, keys.ingest, ("exames/jejum.md", b"# Novo")), 202)
    document = body(client.post(f"/v1/documents/exames/jejum.md/{kind}", headers=keys.ingest), 202)
    assert document["validity"]["force"] == "in_force"
    upload = taken(redis)
    assert upload.kind == "upload", "what was asked first is done first"
    JobStore(redis).finish(upload, "{}", READY)
    job = taken(redis)
    assert (job.kind, job.tenant, job.arguments) == (kind, "clinica", {"name": "exames/jejum.md"})
    assert job.unattended, "it is tried again while the knowledge base is away"


def test_nobody_retires_what_is_not_theirs(
    client: FlaskClient, keys: Keys, redis: Redis, queue_settings: QueueSettings
) -> None:
    DocumentStore(redis, queue_settings).put("outra", [READY])
    body(client.post("/v1/documents/exames/jejum.md/retire", headers=keys.ingest), 404)
    body(client.post("/v1/documents/exames/jejum.md/retire", headers=keys.ask), 403)
    assert JobStore(redis).waiting() == 0


def test_the_list_learns_of_a_lapse_and_keeps_what_else_it_knows(
    client: FlaskClient, keys: Keys, redis: Redis, queue_settings: QueueSettings
) -> None:
    store = DocumentStore(redis, queue_settings)
    store.put("clinica", [READY | {"reason": "Page 2 was not read."}])
    lapse = {"force": "ended", "force_day": "2026-11-25", "replaced_by": "", "replaces": ""}
    days = {"valid_from": "", "valid_until": "2026-11-25"}
    store.put("clinica", [READY | {"reason": ""} | lapse | days])
    document = body(client.get("/v1/documents/exames/jejum.md", headers=keys.ingest), 200)
    assert document["reason"] == "Page 2 was not read."
    assert (document["validity"]["force"], document["validity"]["force_day"]) == (
        "ended",
        "2026-11-25",
    )
