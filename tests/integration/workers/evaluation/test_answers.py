"""An evaluation's questions through API, queue and drain, as patients' questions go."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from api.server import create_app
from api.settings import ApiSettings
from ingestion.knowledge.base import open_knowledge
from ingestion.pipeline import Target, ingest_path
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.settings import QueueSettings
from workers.evaluation.answers import Manner, ask_all
from workers.evaluation.questions import KnownQuestion
from workers.knowledge import close_knowledge
from workers.service import DrainService
from workers.settings import WorkerSettings
from workers.stack.errors import ApiError

pytestmark = pytest.mark.integration


@pytest.fixture
def client(redis: Redis, queue_settings: QueueSettings, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a real API whose questions a real drain answers, without vLLM."""
    settings = WorkerSettings(
        redis_url=queue_settings.redis_url,
        data_dir=tmp_path,
        engine="tests.stand_ins:engine",
        heartbeat_seconds=0.2,
        grace_seconds=1,
        gate_similarity=-1,
    )
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "jejum.md").write_text("# Jejum\n\nO jejum é de 8 horas.\n", "utf-8")
    with open_knowledge(settings) as knowledge:
        ingest_path(tmp_path / "docs", Target("clinica", knowledge, settings))
    key = ApiKeys(redis).create("clinica", frozenset({Scope.ASK}), "test")
    app = create_app(ApiSettings())
    service = DrainService(settings, hint=lambda: None, leave=lambda _: None)
    service.start()
    with httpx.Client(
        transport=httpx.WSGITransport(app=app),
        base_url="http://atende.test",
        headers={"Authorization": f"Bearer {key}"},
    ) as client:
        yield client
    service.stop()
    close_knowledge()
    app.extensions["atende"].redis.close()


def known(line: int, question: str, *answers: str) -> KnownQuestion:
    return KnownQuestion(line=line, id=str(line), question=question, answers=answers)


def test_every_question_is_answered_and_compared(client: httpx.Client) -> None:
    progress: list[int] = []
    questions = [
        known(2, "Quantas horas de jejum?", "jejum é de 8 horas"),
        known(3, "quebra agora?", "8 horas"),
        known(4, "Sem resposta certa?"),
    ]
    replies = ask_all(client, questions, Manner(30), progress.append)
    assert progress == [1, 2, 3]
    assert [reply.status for reply in replies] == ["answered", "failed", "answered"]
    assert replies[0].f1 == 1.0
    assert replies[0].citations == ("jejum.md",)
    assert replies[1].f1 == 0.0
    assert replies[2].f1 is None
    assert replies[0].generated > 0


def test_no_more_than_so_many_run_at_once(client: httpx.Client) -> None:
    batches: list[int] = []

    def count(request: httpx.Request) -> None:
        if request.method == "POST":
            batches.append(len(json.loads(request.content)["questions"]))

    client.event_hooks["request"].append(count)
    progress: list[int] = []
    questions = [known(line, f"Quantas horas de jejum, {line}?") for line in range(7)]
    replies = ask_all(client, questions, Manner(30, at_once=3), progress.append)
    assert {reply.status for reply in replies} == {"answered"}
    assert progress == [1, 2, 3, 4, 5, 6, 7]
    assert batches == [3, 1, 1, 1, 1]  # three, then one for each that has ended


def test_a_fresh_question_takes_no_answer_from_an_identical_one(client: httpx.Client) -> None:
    again = [known(2, "Quantas horas de jejum?")]
    (first,) = ask_all(client, again, Manner(30), lambda _: None)
    (shared,) = ask_all(client, again, Manner(30), lambda _: None)
    (fresh,) = ask_all(client, again, Manner(30, fresh=True), lambda _: None)
    assert first.text == shared.text == fresh.text
    assert (first.generated > 0, shared.generated > 0, fresh.generated > 0) == (True, False, True)


def test_a_question_that_does_not_end_in_time_counts_as_unanswered(client: httpx.Client) -> None:
    (reply,) = ask_all(client, [known(2, "devagar", "x")], Manner(0), lambda _: None)
    assert (reply.status, reply.reason, reply.f1) == ("unanswered", "no_end_in_time", 0.0)


def test_where_nothing_is_answered_any_more_the_rest_is_given_up(client: httpx.Client) -> None:
    started_at = time.monotonic()
    questions = [known(line, f"devagar {line}") for line in range(5)]
    replies = ask_all(client, questions, Manner(1), lambda _: None)
    assert {reply.status for reply in replies} == {"unanswered"}
    assert time.monotonic() - started_at < 4


def test_a_refused_question_is_named_by_its_line(client: httpx.Client) -> None:
    with pytest.raises(ApiError, match="Line 7 of the questions was refused"):
        ask_all(client, [known(7, "x" * 100_000)], Manner(1), lambda _: None)
    client.headers["Authorization"] = "Bearer wrong"
    with pytest.raises(ApiError, match="401"):
        ask_all(client, [known(7, "x")], Manner(1), lambda _: None)
