"""Backfills over HTTP: made, filled, steered, read, erased, and another clinic's are not there."""

import io
import json
import traceback
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from api.backfill_results import BrokenOffError
from tests.filling import Filling
from tests.integration.api.conftest import CLINIC, OTHER
from workers.contracts import keys as names
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.question import Status
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
ROWS = [
    {"key": f"r{n}", "question": f"Pergunta {n}?", "columns": {"nome": "=Ana"}} for n in range(3)
]
PATHS = ("", "/rows", "/seal", "/pause", "/resume", "/cancel", "/redo")
READ_PATHS = ("", "/results", "/report", "/pairs")


class Caller:
    """A client with a key, for one backfill."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self._client, self._headers, self.id = client, headers, ""

    def post(self, path: str, fields: object = None, **more: Any) -> TestResponse:  # noqa: ANN401 - what the test client takes
        if fields is not None:
            more["json"] = fields
        return self._client.post(path, headers=self._headers, **more)

    def get(self, path: str) -> TestResponse:
        return self._client.get(path, headers=self._headers)

    def delete(self, path: str) -> TestResponse:
        return self._client.delete(path, headers=self._headers)

    def made(self, **fields: object) -> dict[str, Any]:
        reply = self.post("/v1/backfills", {"name": "antigas"} | fields)
        assert reply.status_code in {200, 201}, reply.text
        self.id = reply.get_json()["id"]
        record: dict[str, Any] = reply.get_json()
        return record

    def step(self, what: str, fields: object = None) -> TestResponse:
        return self.post(f"/v1/backfills/{self.id}/{what}", fields)

    def rows(self, *rows: object) -> dict[str, Any]:
        reply = self.step("rows", {"rows": rows})
        assert reply.status_code == 200, reply.text
        counts: dict[str, Any] = reply.get_json()
        return counts

    def now(self) -> dict[str, Any]:
        record: dict[str, Any] = self.get(f"/v1/backfills/{self.id}").get_json()
        left = record["rows"] - record["answered"] - record["needs_human"] - record["failed"]
        assert record["left"] == left
        return record


def caller_of(client: FlaskClient, redis: Redis, tenant: str) -> Caller:
    key = ApiKeys(redis).create(tenant, frozenset({Scope.BACKFILL}), "test")
    return Caller(client, {"Authorization": f"Bearer {key}"})


@pytest.fixture
def caller(client: FlaskClient, redis: Redis) -> Caller:
    return caller_of(client, redis, CLINIC)


@pytest.fixture
def stranger(client: FlaskClient, redis: Redis) -> Caller:
    return caller_of(client, redis, OTHER)


@pytest.fixture
def filling(caller: Caller, redis: Redis, queue_settings: QueueSettings) -> Filling:
    """What feeders do with a backfill of three rows that the caller made."""
    caller.made()
    caller.rows(*ROWS)
    caller.step("seal")
    filling = Filling.open(redis, queue_settings)
    filling.tenant, filling.id = CLINIC, caller.id
    return filling


def test_old_questions_go_in_and_their_results_come_out(caller: Caller, filling: Filling) -> None:
    assert caller.now()["state"] == "running"
    assert filling.work(Status.ANSWERED, most=2) == 2
    assert filling.work(Status.NEEDS_HUMAN) == 1
    record = caller.now()
    assert (record["state"], record["answered"], record["needs_human"]) == ("done", 2, 1)
    reply = caller.get(f"/v1/backfills/{caller.id}/results")
    assert reply.content_type == "application/x-ndjson"
    lines = [json.loads(line) for line in reply.data.splitlines()]
    assert [line["row"] for line in lines] == [0, 1, 2]
    assert lines[0]["question"] == "Pergunta 0?"
    assert lines[0]["key"] == "r0"
    assert lines[0]["number"] == 1
    assert lines[0]["status"] == "answered"
    later = caller.get(f"/v1/backfills/{caller.id}/results?after=1&limit=1")
    assert [json.loads(line)["number"] for line in later.data.splitlines()] == [2]
    assert caller.get(f"/v1/backfills/{caller.id}/results?after=3").data == b""


@pytest.mark.parametrize(
    ("after", "status"), [(999, 200), (2**53, 200), (2**53 + 1, 422), (10**40, 422), (-1, 422)]
)
def test_results_after_any_number_are_none_or_refused(
    caller: Caller, filling: Filling, after: int, status: int
) -> None:
    filling.work()
    assert caller.get(f"/v1/backfills/{caller.id}/results?after={after}").status_code == status


@pytest.mark.parametrize("form", ["ndjson", "csv", "openai"])
def test_a_row_of_the_year_10000_hinders_no_download(caller: Caller, form: str) -> None:
    caller.made()
    caller.rows({"key": "a", "question": "", "asked_at": 1e15})
    caller.step("seal")
    reply = caller.get(f"/v1/backfills/{caller.id}/results?format={form}")
    assert reply.status_code == 200
    assert reply.data.count(b"\n") >= 1


def test_no_cell_of_a_downloaded_table_runs(caller: Caller, filling: Filling) -> None:
    filling.work()
    reply = caller.get(f"/v1/backfills/{caller.id}/results?format=csv")
    assert reply.content_type == "text/csv; charset=utf-8"
    assert reply.data.startswith(b"\xef\xbb\xbf")
    assert reply.data.count(b"\r\n") == 4
    assert b'"\'=Ana"' in reply.data
    assert b'"=Ana"' not in reply.data


def test_a_table_without_results_is_its_head(caller: Caller) -> None:
    caller.made()
    reply = caller.get(f"/v1/backfills/{caller.id}/results?format=csv")
    assert reply.data.count(b"\r\n") == 1


def test_results_come_as_openai_s_batches_have_them(caller: Caller, filling: Filling) -> None:
    filling.work()
    reply = caller.get(f"/v1/backfills/{caller.id}/results?format=openai")
    first = json.loads(reply.data.splitlines()[0])
    assert first["response"]["body"]["choices"][0]["message"]["content"].startswith("Resposta")


def test_the_same_name_goes_on_with_the_same_backfill(caller: Caller) -> None:
    first = caller.post("/v1/backfills", {"name": "antigas", "source": "a.csv"})
    again = caller.post("/v1/backfills", {"name": "antigas", "source": "b.csv"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.get_json() == first.get_json()
    assert [each["name"] for each in caller.get("/v1/backfills").get_json()["backfills"]] == [
        "antigas"
    ]


def test_what_is_said_of_the_plan_holds_from_now_on(caller: Caller) -> None:
    assert caller.made(window="22:00-06:00", expires_in=60)["plan"]["expires_in"] == 60
    plan = caller.made(window="seg-sex 23:00-05:00; sáb-dom 00:00-24:00")["plan"]
    assert plan["window"].startswith("seg-sex 23:00")
    assert plan["expires_in"] == 60
    assert caller.made()["plan"] == plan


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "/name"),
        ({"name": "a", "window": "nunca"}, "/window"),
        ({"name": "a", "time_zone": "Marte/Olympus"}, "/time_zone"),
        ({"name": "a", "expires_in": 0}, "/expires_in"),
        ({"name": "a", "callback_url": "http://10.0.0.1/"}, "/callback_url"),
        ({"name": "a", "mail_to": "g@clinica.example"}, "/mail_channel"),
        ({"name": "a", "mail_to": "a@b.example, c@d.example", "mail_channel": "x"}, "/mail_to"),
        ({"name": "a", "lane": "interactive"}, "/lane"),
        ({}, "/name"),
    ],
)
def test_a_plan_that_cannot_be_kept_names_its_field(
    caller: Caller, fields: dict[str, object], wrong: str
) -> None:
    reply = caller.post("/v1/backfills", fields)
    assert reply.status_code == 422
    assert [error["field"] for error in reply.get_json()["errors"]] == [wrong]
    assert caller.get("/v1/backfills").get_json()["backfills"] == []


def test_each_row_is_taken_or_refused_for_itself(caller: Caller) -> None:
    caller.made()
    counts = caller.rows(
        {"id": "a", "question": "Oi?"},
        {"question": "Sem chave?"},
        {"key": "b", "question": "  "},
        {"key": "c", "question": "x" * 4001},
        {"key": "d", "question": "nul\x00"},
        {"key": "e", "question": "Oi?", "callback_url": "https://bot.example"},
        {"id": "a", "question": "Oi de novo?"},
        "no object",
    )
    assert (counts["added"], counts["repeated"], counts["refused"]) == (4, 1, 3)
    assert [each["index"] for each in counts["refusals"]] == [1, 5, 7]
    assert counts["rows"] == 4
    assert caller.now()["failed"] == 3
    lines = caller.get(f"/v1/backfills/{caller.id}/results").data.splitlines()
    assert [json.loads(line)["reason"] for line in lines] == ["empty", "too_long", "unreadable"]


def test_rows_come_as_lines_too_and_a_line_that_is_none_is_refused(caller: Caller) -> None:
    caller.made()
    lines = b'{"id": "a", "question": "Oi?"}\n\n{"id": "b", \n{"id": "c", "question": "E?"}\r\n'
    path = f"/v1/backfills/{caller.id}/rows"
    reply = caller.post(path, data=lines, content_type="application/x-ndjson")
    assert reply.status_code == 200
    assert (reply.get_json()["added"], reply.get_json()["refused"]) == (2, 1)


@pytest.mark.parametrize("rows", [{}, {"rows": []}, {"rows": [{}] * 1001}, {"rows": {}}])
def test_a_body_that_holds_no_rows_adds_nothing(caller: Caller, rows: object) -> None:
    caller.made()
    reply = caller.step("rows", rows)
    assert reply.status_code == 422
    assert reply.get_json()["type"].endswith("invalid-rows")


def test_what_was_read_of_the_source_is_shown(caller: Caller) -> None:
    caller.made()
    caller.rows(*ROWS)
    guesses = [["pergunta", "coluna 'Mensagem'"]]
    reply = caller.step("seal", {"left_out": {"system": 2}, "guesses": guesses})
    assert reply.get_json()["left_out"] == {"system": 2}
    assert reply.get_json()["guesses"] == guesses
    assert caller.step("seal").get_json()["left_out"] == {"system": 2}


def test_a_pause_takes_back_what_no_worker_has_claimed(caller: Caller, filling: Filling) -> None:
    filling.feed(2)
    paused = caller.step("pause").get_json()
    assert (paused["state"], paused["open"]) == ("paused", 2)
    assert filling.in_lane() == 2
    paused = caller.step("pause", {"withdraw": True}).get_json()
    assert (paused["state"], paused["open"], paused["left"]) == ("paused", 0, 3)
    assert filling.in_lane() == 0
    assert caller.step("resume").get_json()["state"] == "running"
    assert filling.work() == 3
    assert caller.step("pause").get_json()["state"] == "done"  # nothing to pause: no error


def test_a_cancelled_one_takes_no_more(caller: Caller, filling: Filling) -> None:
    filling.feed(2)
    cancelled = caller.step("cancel").get_json()
    assert (cancelled["state"], cancelled["open"], cancelled["left"]) == ("cancelled", 0, 3)
    for reply in (caller.step("rows", {"rows": ROWS}), caller.step("redo")):
        assert reply.status_code == 409
        assert reply.get_json()["type"].endswith("backfill-closed")
    assert caller.step("resume").get_json()["state"] == "cancelled"


def test_rows_are_asked_again_on_wish(caller: Caller, filling: Filling) -> None:
    filling.work(Status.NEEDS_HUMAN, most=2)
    filling.work()
    assert caller.step("redo", {"rows": [0, 2]}).get_json()["again"] == 1
    reply = caller.step("redo").get_json()
    assert (reply["again"], reply["backfill"]["left"]) == (1, 2)
    assert caller.step("redo", {"status": ["answered"]}).get_json()["again"] == 1
    assert caller.step("redo", {"status": ["expired"]}).status_code == 422


def test_more_rows_than_may_be_kept_are_refused_with_what_to_do(
    redis: Redis,
    make_app: Any,  # noqa: ANN401 - the fixture's own type
) -> None:
    caller = caller_of(make_app(backfill_rows=4).test_client(), redis, CLINIC)
    caller.made()
    caller.rows(*ROWS)
    reply = caller.step("rows", {"rows": [{"id": f"x{n}", "question": "Oi?"} for n in range(2)]})
    assert reply.status_code == 409  # no 429: waiting does not help
    assert reply.get_json()["type"].endswith("backfill-limit")
    assert "ATENDE_BACKFILL_ROWS" in reply.get_json()["detail"]
    assert caller.now()["rows"] == 3


def test_an_erased_one_is_not_there_any_more(
    caller: Caller, filling: Filling, redis: Redis
) -> None:
    filling.work(most=1)
    filling.feed(1)
    assert caller.delete(f"/v1/backfills/{caller.id}").status_code == 204
    assert caller.get(f"/v1/backfills/{caller.id}").status_code == 404
    assert caller.delete(f"/v1/backfills/{caller.id}").status_code == 404
    assert redis.keys("*question:*") == []
    assert redis.keys("*backfill*") == []


def test_a_damaged_one_can_be_erased(caller: Caller, filling: Filling, redis: Redis) -> None:
    redis.hset(names.backfill(filling.id), "plan", "no JSON")
    assert caller.get(f"/v1/backfills/{caller.id}").status_code == 500
    assert caller.delete(f"/v1/backfills/{caller.id}").status_code == 204
    assert redis.keys("*backfill*") == []


def test_a_download_that_meets_a_damaged_record_breaks_off_and_quotes_nothing(
    caller: Caller, filling: Filling, redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    caller.rows(*({"id": f"x{n}", "question": f"Mais {n}?"} for n in range(200)))
    while filling.work():
        pass
    results = names.backfill_results(caller.id)
    redis.lset(results, 150, '150 {"text": "segredo de Ana"}')
    reply = caller.get(f"/v1/backfills/{caller.id}/results?format=csv")
    lines = iter(reply.response)
    assert next(lines)
    with pytest.raises(BrokenOffError) as broken:
        list(lines)
    assert "segredo" not in "".join(traceback.format_exception(broken.value))
    assert "segredo" not in capsys.readouterr().out


# -- who may -------------------------------------------------------------------------------------


def test_another_clinic_s_backfill_looks_like_one_that_never_was(
    caller: Caller, stranger: Caller, filling: Filling
) -> None:
    filling.work(most=1)
    before = caller.now()
    for path in READ_PATHS:
        reply = stranger.get(f"/v1/backfills/{caller.id}{path}")
        unknown = stranger.get(f"/v1/backfills/{'0' * 32}{path}")
        assert reply.status_code == unknown.status_code == 404
        assert reply.get_json()["detail"] == unknown.get_json()["detail"]
    for path in PATHS[1:]:
        body = {"rows": ROWS} if path == "/rows" else None
        assert stranger.post(f"/v1/backfills/{caller.id}{path}", body).status_code == 404
    assert stranger.delete(f"/v1/backfills/{caller.id}").status_code == 404
    assert stranger.get("/v1/backfills").get_json()["backfills"] == []
    assert caller.now() == before
    other = stranger.made()
    assert other["id"] != caller.id  # the same name, another clinic's


@pytest.mark.parametrize("scope", [Scope.ASK, Scope.INGEST, Scope.ATTEND])
def test_a_key_of_another_scope_is_refused(client: FlaskClient, redis: Redis, scope: Scope) -> None:
    key = ApiKeys(redis).create(CLINIC, frozenset({scope}), "test")
    caller = Caller(client, {"Authorization": f"Bearer {key}"})
    reply = caller.get("/v1/backfills")
    assert reply.status_code == 403
    assert "`backfill`" in reply.get_json()["detail"]


def test_a_stack_s_own_key_of_before_this_scope_opens_it(client: FlaskClient, redis: Redis) -> None:
    """`atende up` makes its key once, with every scope that there is then, `admin` among them."""
    older = frozenset(Scope) - {Scope.BACKFILL}
    key = ApiKeys(redis).create(CLINIC, older, "first start")
    caller = Caller(client, {"Authorization": f"Bearer {key}"})
    assert caller.get("/v1/backfills").status_code == 200


# -- files ---------------------------------------------------------------------------------------


def sent(caller: Caller, name: str, data: bytes) -> TestResponse:
    """Upload a large file; for one the test client would write a file of its own."""
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    kind = "multipart/form-data; boundary=b"
    body = head.encode() + data + b"\r\n--b--\r\n"
    return caller.post("/v1/backfills", data=body, content_type=kind)


def test_a_file_waits_for_a_worker(caller: Caller, filling: Filling, redis: Redis) -> None:
    form = {
        "file": (io.BytesIO(b"pergunta\r\nOi?"), "novas.csv"),
        "delimiter": ";",
        "clinic": ["Recepção", "Clínica"],
        "window": "22:00-06:00",
        "expires_in": "60",
    }
    reply = caller.post("/v1/backfills", data=form)
    record = reply.get_json()
    assert reply.status_code == 202
    assert (record["name"], record["source"], record["state"]) == (
        *("novas.csv", "novas.csv"),
        "reading",
    )
    assert record["plan"]["expires_in"] == 60
    file = filling.store.take_file(record["id"], "w1", 60)
    assert file is not None
    assert (file.name, file.data) == ("novas.csv", b"pergunta\r\nOi?")
    assert json.loads(file.options) == {"delimiter": ";", "clinic": ["Recepção", "Clínica"]}
    rows = caller.post(f"/v1/backfills/{record['id']}/rows", {"rows": ROWS})
    assert rows.status_code == 409
    assert redis.exists(names.backfill_file(record["id"]))


def test_the_same_file_again_is_no_error_and_another_waits_for_its_turn(caller: Caller) -> None:
    def send(data: bytes) -> TestResponse:
        form = {"file": (io.BytesIO(data), "a.csv"), "name": "antigas"}
        return caller.post("/v1/backfills", data=form)

    assert send(b"pergunta").status_code == 202
    assert send(b"pergunta").status_code == 202
    other = send(b"other")
    assert other.status_code == 409
    assert "another file" in other.get_json()["detail"]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"file": "no file"},
        {"file": (io.BytesIO(b"a"), "../a.csv")},
        {"file": (io.BytesIO(b"a"), "a.csv"), "colour": "red"},
        {"file": (io.BytesIO(b"a"), "a.csv"), "delimiter": ";;"},
        {"file": (io.BytesIO(b"a"), "a.csv"), "window": ["22:00-06:00", "23:00-06:00"]},
        {"file": (io.BytesIO(b"a"), "a.csv"), "window": "nunca"},
        {"file": [(io.BytesIO(b"a"), "a.csv"), (io.BytesIO(b"b"), "b.csv")]},
    ],
)
def test_a_form_that_cannot_be_used_makes_nothing(caller: Caller, form: dict[str, Any]) -> None:
    reply = caller.post("/v1/backfills", data=form, content_type="multipart/form-data")
    assert reply.status_code == 422
    assert caller.get("/v1/backfills").get_json()["backfills"] == []


def test_a_file_that_is_too_large_is_not_read(
    redis: Redis,
    make_app: Any,  # noqa: ANN401 - the fixture's own type
) -> None:
    caller = caller_of(make_app(max_upload_mb=1).test_client(), redis, CLINIC)
    assert sent(caller, "a.csv", b"a" * (2 << 20)).status_code == 413


def test_files_that_wait_are_bounded(
    redis: Redis,
    make_app: Any,  # noqa: ANN401 - the fixture's own type
) -> None:
    caller = caller_of(make_app(waiting_uploads_mb=1).test_client(), redis, CLINIC)
    codes = [sent(caller, name, b"a" * 700_000).status_code for name in ("a.csv", "b.csv")]
    assert codes == [202, 429]


# -- report and pairs ----------------------------------------------------------------------------


def test_a_report_is_made_once_by_a_job_and_then_given(
    caller: Caller, filling: Filling, redis: Redis
) -> None:
    filling.work()
    first = caller.get(f"/v1/backfills/{caller.id}/report")
    again = caller.get(f"/v1/backfills/{caller.id}/pairs")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.get_json() == again.get_json()
    job = redis.hgetall(names.job(first.get_json()["job"]))
    assert job["kind"] == "backfill-report"
    assert json.loads(job["args"]) == {"backfill": caller.id}
    filling.store.put_report(caller.id, "report", "<p>é</p>".encode(), filling.now().results)
    filling.store.put_report(caller.id, "pairs", b"pergunta;resposta", filling.now().results)
    page = caller.get(f"/v1/backfills/{caller.id}/report")
    assert page.status_code == 200
    assert page.content_type == "text/html; charset=utf-8"
    assert page.data.decode() == "<p>é</p>"
    assert "sandbox" in page.headers["Content-Security-Policy"]
    table = caller.get(f"/v1/backfills/{caller.id}/pairs")
    assert table.content_type == "text/csv; charset=utf-8"
    assert "attachment" in table.headers["Content-Disposition"]


def test_a_report_that_is_older_than_the_results_is_made_anew(
    caller: Caller, filling: Filling, redis: Redis
) -> None:
    filling.work(most=1)
    job = caller.get(f"/v1/backfills/{caller.id}/report").get_json()["job"]
    filling.store.put_report(caller.id, "report", b"old", 1)
    redis.hset(names.job(job), mapping={"state": "done", "renewed_at": redis.time()[0]})
    filling.work(most=1)
    assert caller.get(f"/v1/backfills/{caller.id}/report").data == b"old"  # a minute long
    redis.hset(names.job(job), "renewed_at", redis.time()[0] - 61)
    reply = caller.get(f"/v1/backfills/{caller.id}/report")
    assert reply.status_code == 202
    assert reply.get_json()["job"] != job


def test_a_report_that_fails_says_why_and_is_tried_anew_later(
    caller: Caller, filling: Filling, redis: Redis
) -> None:
    filling.work()
    job = caller.get(f"/v1/backfills/{caller.id}/report").get_json()["job"]
    failed: dict[Any, Any] = {
        "state": "failed",
        "error": "No model.",
        "renewed_at": redis.time()[0],
    }
    redis.hset(names.job(job), mapping=failed)
    reply = caller.get(f"/v1/backfills/{caller.id}/report")
    assert reply.status_code == 500
    assert "No model." in reply.get_json()["detail"]
    redis.hset(names.job(job), "renewed_at", redis.time()[0] - 61)
    assert caller.get(f"/v1/backfills/{caller.id}/report").status_code == 202
