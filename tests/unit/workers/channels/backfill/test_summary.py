"""What a summary says: numbers, dates and how to get the rest, in Portuguese."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

from workers.channels.backfill.summary import Summary
from workers.contracts.backfill import Backfill, BackfillPlan, BackfillState

ZONE = ZoneInfo("America/Sao_Paulo")
MORNING = datetime(2026, 11, 3, 6, tzinfo=ZONE)
EVENING = datetime(2026, 11, 3, 22, tzinfo=ZONE)


def backfill(**fields: object) -> Backfill:
    values = {
        "id": "b1",
        "tenant": "clinica",
        "name": "perguntas.csv",
        "source": "perguntas.csv",
        "state": BackfillState.RUNNING,
        "plan": BackfillPlan(window="22:00-06:00"),
        "rows": 5000,
        "answered": 1830,
        "needs_human": 150,
        "failed": 20,
        "created_at": 1.0,
        "started_at": 2.0,
        "touched_at": 3.0,
        "error": "Maria não tem jejum",
    }
    return Backfill.model_validate(values | fields)


def night(**fields: object) -> Summary:
    return Summary(backfill(**fields), 412, MORNING.timestamp(), EVENING)


def the_end(**fields: object) -> Summary:
    counts: dict[str, object] = {"rows": 1, "answered": 1, "needs_human": 0, "failed": 0}
    counts["state"] = BackfillState.DONE
    return Summary(backfill(**counts | fields), 1, MORNING.timestamp())


def test_the_end_of_a_night_says_what_came_of_it_and_when_it_goes_on() -> None:
    assert night().subject() == "perguntas.csv: 412 perguntas prontas, faltam 3.000"
    assert night().lines() == [
        "O horário das perguntas antigas de “perguntas.csv” acabou em 03/11/2026 às 06:00.",
        "As que faltam continuam em 03/11/2026 às 22:00.",
        "",
        "Desde o último resumo: 412 resultados.",
        "Ao todo, de 5.000 perguntas:",
        "- 1.830 respondidas",
        "- 150 para uma pessoa responder",
        "- 20 com falha",
        "- 3.000 sem resultado ainda",
        "",
        "As respostas e o relatório ficam no servidor. Para baixá-los:",
        "- atende backfills download b1 --out respostas.csv",
        "- atende backfills report b1 --out relatorio.html",
        "",
        "Nada disso foi enviado a pacientes.",
    ]


def test_the_end_of_all_says_so_and_knows_the_singular() -> None:
    assert the_end().subject() == "perguntas.csv: 1 pergunta pronta"
    lines = the_end().lines()
    assert lines[0] == (
        "As perguntas antigas de “perguntas.csv” têm todas um resultado desde 03/11/2026 às 06:00."
    )
    assert "Ao todo, de 1 pergunta:" in lines
    assert "- 1 respondida" in lines
    assert not any("último resumo" in line for line in lines)
    left_one = Summary(backfill(rows=2001), 1, MORNING.timestamp(), EVENING)
    assert left_one.subject() == "perguntas.csv: 1 pergunta pronta, falta 1"


def test_a_name_begins_no_header_and_fills_no_line() -> None:
    name = "perguntas\r\nBcc: x@y.example " + "a" * 300
    subject = the_end(name=name).subject()
    assert "\n" not in subject
    assert len(subject) < 150


def test_what_is_posted_are_numbers_and_the_same_bytes_each_time() -> None:
    payload = json.loads(night(left_out={"courtesy": 7}).payload())
    assert payload == {
        "type": "backfill.window_ended",
        "timestamp": "2026-11-03T09:00:00.000+00:00",
        "data": {
            "id": "b1",
            "name": "perguntas.csv",
            "source": "perguntas.csv",
            "state": "running",
            "rows": 5000,
            "answered": 1830,
            "needs_human": 150,
            "failed": 20,
            "left": 3000,
            "left_out": {"courtesy": 7},
            "lately": 412,
            "started_at": "1970-01-01T00:00:02.000+00:00",
            "goes_on_at": "2026-11-04T01:00:00.000+00:00",
        },
    }
    assert night().payload() == night().payload()
    assert json.loads(the_end(started_at=None).payload())["data"]["started_at"] is None
    assert json.loads(the_end().payload())["type"] == "backfill.done"


def test_each_moment_has_an_id_of_its_own() -> None:
    assert night().id == night().id
    assert night().id != Summary(backfill(), 1, EVENING.timestamp()).id
