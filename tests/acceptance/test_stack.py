"""`atende up`, as a user starts it, with the real engine; then it is broken on purpose."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.acceptance.installation import DOCUMENTS, LOADING, Installation, until

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.drill,
    pytest.mark.model,
    pytest.mark.timeout(1500),
]


def check(outcome: dict[str, Any]) -> None:
    """Whether it is one that a patient may be sent: from the documents, or why it is not."""
    if outcome["status"] == "answered":
        assert outcome["way"] in {"write", "quote"}
        assert outcome["citations"], outcome["text"]
        names = {path.name for path in DOCUMENTS.iterdir()}
        assert {citation["document"] for citation in outcome["citations"]} <= names
        assert outcome["text"] != outcome["refused"]
    else:
        assert outcome["reason"]
        assert outcome["citations"] == []


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.close()


def test_what_is_killed_comes_back_and_every_question_has_one_outcome_and_one_callback_id(
    installation: Installation,
) -> None:
    here = installation
    here.start()
    ingested = here.run("ingest", str(DOCUMENTS))
    assert ingested.returncode == 0, ingested.stdout + ingested.stderr
    assert "preparo-colonoscopia.pdf" in ingested.stdout
    again = here.run("ingest", str(DOCUMENTS))
    assert "25 unchanged" in again.stdout

    asked = here.run("ask", "Qual o preparo para a colonoscopia?")
    assert asked.returncode == 0, asked.stderr
    assert "waited" in asked.stdout

    exams = ("colonoscopia", "endoscopia", "mamografia", "ressonância", "ultrassom de abdome")
    texts = [f"Qual o preparo para o exame de {exams[n % 5]}? ({n})" for n in range(30)]
    ids = here.batch(texts, "bulk") + here.batch(texts[:6], "interactive")
    until(lambda: here.ended(ids) >= 2, 120, "some are answered")

    # kill -9 of the worker in mid-batch: the engine's processes go with it
    worker = here.child("ingest")
    engine = worker.children(recursive=True)
    assert engine, "the engine runs in processes of its own"
    worker.kill()
    _, alive = psutil.wait_procs(engine, timeout=5)
    assert alive == []
    assert here.ended(ids) < len(ids), "it was killed before all were answered"

    # kill -9 of the queue, while the new worker loads: what was accepted is in its file
    here.child("valkey").kill()
    until(here.ready, LOADING, "the stack is ready again")
    until(lambda: here.ended(ids) == len(ids), LOADING + 240, "all are answered")

    found = [here.get(question_id) for question_id in ids]
    assert {question["status"] for question in found} <= {"answered", "needs_human"}
    for question in found:
        check(question["outcome"])
    assert any(question["outcome"]["usage"]["completion_tokens"] for question in found)
    until(
        lambda: (
            {one["webhook-id"] for one in here.receiver.received}
            >= {f"msg_{question_id}" for question_id in ids}
        ),
        60,
        "every callback came",
    )
    told: dict[str, set[str]] = {}
    for one in here.receiver.received:
        told.setdefault(one["webhook-id"], set()).add(one["body"]["data"]["text"])
    assert len(told) == len(ids)
    assert all(len(texts) == 1 for texts in told.values()), "no question was answered twice"
    assert not any("refused" in one["body"]["data"] for one in here.receiver.received)

    # Ctrl-C, then a second start on the same data
    here.stop()
    here.start()
    assert here.get(ids[0])["outcome"] == found[0]["outcome"]
    documents = here.run("ingest", str(DOCUMENTS))
    assert "25 unchanged" in documents.stdout
    here.stop()
