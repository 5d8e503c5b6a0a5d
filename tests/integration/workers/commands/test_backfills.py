"""`atende backfills`: backfills are listed, steered, downloaded and removed by name."""

import json
from pathlib import Path

import pytest
from redis import Redis

from tests.backfill_bench import BackfillBench
from workers.contracts.backfill import BackfillPlan, BackfillRow
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration


@pytest.fixture
def bench(
    redis: Redis, queue_settings: QueueSettings, api_url: str, tmp_path: Path
) -> BackfillBench:
    return BackfillBench.of(redis, queue_settings, tmp_path, api_url)


def make(bench: BackfillBench, name: str, *questions: str) -> str:
    backfill, _ = bench.store.create("clinica", name, name, BackfillPlan(window="22:00-06:00"))
    rows = [
        BackfillRow(key=text or "empty", question=text, fault=None if text else "empty")
        for text in questions
    ]
    bench.store.add_rows("clinica", backfill.id, rows)
    bench.store.note_source(backfill.id, {"courtesy": 2}, [("pergunta", "coluna 'Mensagem'")])
    bench.store.seal("clinica", backfill.id)
    return backfill.id


@pytest.mark.drill
def test_a_backfill_is_steered_by_how_its_name_begins(bench: BackfillBench) -> None:
    assert "There is no backfill." in bench.type("backfills", "list")[1]
    one = make(bench, "perguntas.csv 1a2b3c4d", "Qual o preparo?", "")
    make(bench, "caixa.mbox 5e6f7a8b", "Quanto custa?")
    code, output = bench.type("backfills", "list")
    assert code == 0
    assert "perguntas.csv 1a2b3c4d" in output
    code, output = bench.type("backfills", "show", "perguntas")
    assert code == 0
    assert "2 = 0 answered + 0 to a person + 1 failed + 1 left" in output
    assert "22:00-06:00 (America/Sao_Paulo)" in output
    assert "2 courtesy" in output
    assert "coluna 'Mensagem'" in output
    assert json.loads(bench.type("backfills", "show", one, "--json")[1])["id"] == one

    for what, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        code, output = bench.type("backfills", what, "perguntas.csv")
        assert code == 0, output
        assert f"perguntas.csv 1a2b3c4d is {state}" in output
        resumed = "`atende backfills resume 'perguntas.csv 1a2b3c4d'` goes on."
        assert (resumed in output) == (state == "paused")
    assert "goes on" not in bench.type("backfills", "pause", "perguntas.csv")[1]


def test_a_name_that_means_none_or_several_changes_nothing(bench: BackfillBench) -> None:
    make(bench, "a.csv 1", "Oi?")
    make(bench, "a.csv 2", "Oi?")
    code, output = bench.type("backfills", "cancel", "a.csv")
    assert code == 1
    assert "a.csv could be a.csv 2, a.csv 1" in output
    assert "There is no backfill b. Nothing was changed." in bench.type("backfills", "show", "b")[1]
    assert {each.state for each in bench.store.list("clinica")} == {"running"}


def test_results_that_are_there_are_downloaded_and_none_is_told(
    bench: BackfillBench, tmp_path: Path
) -> None:
    make(bench, "a.csv", "Oi?")
    code, output = bench.type("backfills", "download", "a.csv", "--out", tmp_path / "r.csv")
    assert code == 1
    assert "There is no result yet" in output
    make(bench, "b.csv", "", "Oi?")
    code, output = bench.type("backfills", "download", "b.csv", "--out", tmp_path / "r.csv")
    assert code == 0
    assert "holds the results of 1 rows" in output


def test_a_backfill_is_removed_only_where_that_was_meant(bench: BackfillBench) -> None:
    make(bench, "a.csv", "Oi?")
    code, output = bench.type("backfills", "remove", "a.csv")
    assert code == 1
    assert "Nothing was erased" in output
    code, output = bench.type("backfills", "remove", "a.csv", "--yes")
    assert code == 0, output
    assert bench.store.list("clinica") == []


def test_approved_pairs_become_a_document_and_no_file_is_overwritten(
    bench: BackfillBench, tmp_path: Path
) -> None:
    pairs = tmp_path / "pares.csv"
    pairs.write_text(
        "pergunta;resposta;aprovado\nTem estacionamento?;Sim, 40 vagas.;sim\nOi?;Oi;\n", "utf-8"
    )
    faq, known = tmp_path / "faq.csv", tmp_path / "conhecidas.jsonl"
    words = ("backfills", "approve", pairs, "--faq", faq, "--known", known)
    code, output = bench.type(*words)
    assert code == 0, output
    assert "holds 1 approved pairs" in output
    assert "40 vagas" in faq.read_text("utf-8")
    assert {path.stat().st_mode & 0o777 for path in (faq, known)} == {0o600}  # patients' words
    assert json.loads(known.read_text("utf-8"))["question"] == "Tem estacionamento?"
    code, output = bench.type(*words)
    assert code == 1
    assert "is there already. Nothing was written" in output
