"""`atende backfill`, typed as a user types it, against API, feeder, worker and a real Valkey."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.backfill_bench import BackfillBench, ended, serving, table, until
from tests.steady_worker import SteadyWorker
from workers.channels.backfill.service import BackfillService
from workers.contracts.settings import QueueSettings
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration
TEXTS = [f"Qual o preparo do exame {number}?" for number in range(1, 41)]


@pytest.fixture
def feeder(queue_settings: QueueSettings, tmp_path: Path) -> Iterator[None]:
    """Feeds few rows ahead, so that a test can stop between two of them."""
    settings = WorkerSettings(
        redis_url=queue_settings.redis_url, data_dir=tmp_path, backfill_ahead=10
    )
    service = BackfillService(settings)
    service.start()
    yield
    service.stop()


@pytest.fixture
def worker(queue_settings: QueueSettings) -> Iterator[SteadyWorker]:
    with SteadyWorker(queue_settings, slots=4, seconds=0.05) as worker:
        yield worker


@pytest.fixture
def bench(
    redis: Redis,
    queue_settings: QueueSettings,
    api_url: str,
    feeder: None,  # noqa: ARG001 - it runs beside
    tmp_path: Path,
) -> BackfillBench:
    return BackfillBench.of(redis, queue_settings, tmp_path, api_url)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "respostas.csv"


def test_each_row_has_its_result_and_the_sum_is_told(
    bench: BackfillBench, worker: SteadyWorker, out: Path
) -> None:
    texts = [*TEXTS[:6], "Uma pessoa, por favor: meu exame", "Isto quebra o exame?", "", "=1+1"]
    code, output = bench.type("backfill", bench.source(texts), "--out", out)
    assert code == 1, output
    assert "--question-column" in output
    assert output.index("The first questions:") < output.index("Qual o preparo do exame 1?")
    assert "Read 10 questions, 1 of them empty." in output
    assert "10 rows = 7 answered + 1 to a person + 2 failed + 0 left" in output
    rows = table(out)
    assert [row["numero"] for row in rows] == [str(number) for number in range(1, 11)]
    assert [row["id"] for row in rows][:2] == ["P1", "P2"]
    assert rows[0]["resposta"] == "Resposta: Qual o preparo do exame 1?"
    assert rows[0]["fontes"] == "Preparo"
    assert rows[0]["Canal"] == "Site"
    assert [row["situacao"] for row in rows[6:9]] == ["para uma pessoa", "falhou", "falhou"]
    assert rows[8]["motivo"] == "empty"
    assert rows[9]["pergunta"] == "'=1+1"
    assert sorted(worker.answered) == sorted(text for text in texts if text)


def test_what_all_answered_ends_with_0_and_no_row_could_reach_a_patient(
    bench: BackfillBench, worker: SteadyWorker, out: Path
) -> None:
    assert worker.go.is_set()
    code, output = bench.type("backfill", bench.source(TEXTS[:5]), "--out", out)
    assert code == 0, output
    assert bench.redis.exists("atende:1:outbox") == 0
    assert bench.redis.keys("atende:1:conversation*") == []


def test_the_same_source_asks_only_what_is_new(
    bench: BackfillBench, worker: SteadyWorker, out: Path
) -> None:
    bench.type("backfill", bench.source(TEXTS[:10]), "--out", out)
    code, output = bench.type("backfill", bench.source(TEXTS[:10]), "--out", out)
    assert code == 0, output
    assert "10 of them known already" in output
    assert len(worker.answered) == 10
    code, output = bench.type("backfill", bench.source(TEXTS[:20]), "--out", out)
    assert code == 0, output
    assert sorted(worker.answered) == sorted(TEXTS[:20])
    assert [row["pergunta"] for row in table(out)] == TEXTS[:20]


def test_the_first_ctrl_c_waits_for_what_was_begun_and_the_same_line_goes_on(
    bench: BackfillBench, worker: SteadyWorker, out: Path
) -> None:
    source = bench.source(TEXTS)
    worker.go.clear()
    process = bench.start("backfill", source, "--out", out)
    bench.when(lambda each: each.open == 10)
    process.send_signal(signal.SIGINT)
    bench.when(lambda each: each.state == "paused" and each.open == 4)  # the worker holds these
    time.sleep(1)
    assert process.poll() is None  # what was begun has not ended
    worker.go.set()
    code, output = ended(process)
    assert code == 130, output
    assert "Stopped: 4 answered · 0 to a person · 0 failed · 36 left" in output
    assert len(table(out)) == 4
    assert bench.backfill().open == 0

    code, output = bench.type("backfill", source, "--out", out)
    assert code == 0, output
    assert [row["pergunta"] for row in table(out)] == TEXTS
    assert sorted(worker.answered) == sorted(TEXTS)


@pytest.mark.drill
def test_ctrl_c_while_the_source_is_read_asks_nothing_until_it_is_typed_again(
    bench: BackfillBench, out: Path
) -> None:
    source = bench.source(f"Quanto custa o exame {number}?" for number in range(30_000))
    process = bench.start("backfill", source, "--out", out)
    bench.when(lambda each: each.rows > 0)
    process.send_signal(signal.SIGINT)
    code, output = ended(process)
    assert code == 130, output
    assert "Stopped while the source was read" in output
    assert bench.backfill().state == "paused"
    assert bench.backfill().rows < 30_000
    assert bench.backfill().open == 0
    code, output = bench.type("backfill", source, "--detach")
    assert code == 0, output
    assert "known already" in output
    assert bench.backfill().rows == 30_000
    assert bench.backfill().state == "running"


def test_the_second_ctrl_c_waits_for_nothing(
    bench: BackfillBench, worker: SteadyWorker, out: Path
) -> None:
    source = bench.source(TEXTS)
    worker.go.clear()
    process = bench.start("backfill", source, "--out", out)
    bench.when(lambda each: each.open == 10)
    until(lambda: worker.held == 4)
    process.send_signal(signal.SIGINT)
    bench.when(lambda each: each.state == "paused")
    process.send_signal(signal.SIGINT)
    code, output = ended(process)
    assert code == 130, output
    assert "40 left" in output
    bench.when(lambda each: each.open == 4)  # the worker holds these
    worker.go.set()
    bench.when(lambda each: each.open == 0 and each.answered == 4)

    code, output = bench.type("backfill", source, "--out", out)
    assert code == 0, output
    assert [row["pergunta"] for row in table(out)] == TEXTS
    assert sorted(worker.answered) == sorted(TEXTS)


def test_a_killed_command_is_followed_by_the_next_one(
    bench: BackfillBench, worker: SteadyWorker, out: Path
) -> None:
    source = bench.source(TEXTS)
    process = bench.start("backfill", source, "--out", out)
    until(lambda: out.exists() and len(table(out)) > 4)
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    with out.open("ab") as file:
        file.write(b'"39";"P39";"linha 40";"Qual o pre')  # a torn line
    code, output = bench.type("backfill", source, "--out", out)
    assert code == 0, output
    assert [row["pergunta"] for row in table(out)] == TEXTS
    assert sorted(worker.answered) == sorted(TEXTS)


@pytest.mark.parametrize("content", ["Nome;Telefone\r\nAna;99\r\n", "of another backfill"])
def test_a_file_of_somebody_else_is_left_alone_and_nothing_is_asked(
    bench: BackfillBench, worker: SteadyWorker, out: Path, content: str
) -> None:
    if content == "of another backfill":
        bench.type("backfill", bench.source(TEXTS[:2], "a.csv"), "--out", out)
    else:
        out.write_text(content, "utf-8")
    before, asked = out.read_bytes(), len(bench.store.list("clinica"))
    code, output = bench.type("backfill", bench.source(TEXTS[:3]), "--out", out)
    assert code == 1
    assert "respostas.csv exists" in output
    assert "another name" in output
    assert out.read_bytes() == before
    assert len(bench.store.list("clinica")) == asked
    assert len(worker.answered) in {0, 2}


@pytest.mark.drill
def test_a_full_disk_stops_it_and_with_room_it_goes_on(
    bench: BackfillBench, worker: SteadyWorker, out: Path
) -> None:
    texts = [f"Quanto custa o exame {number}?" for number in range(200)]
    source = bench.source(texts)
    code, output = bench.type("backfill", source, "--out", out, file_bytes=8192)
    assert code == 1, output
    assert "no room left for respostas.csv" in output
    assert "The backfill is paused" in output
    assert bench.backfill().state == "paused"
    assert 0 < len(table(out)) < 200
    code, output = bench.type("backfill", source, "--out", out)
    assert code == 0, output
    assert [row["pergunta"] for row in table(out)] == texts
    assert sorted(worker.answered) == sorted(texts)


@pytest.mark.drill
def test_an_api_that_is_away_is_waited_for(
    bench: BackfillBench, worker: SteadyWorker, out: Path, tmp_path: Path
) -> None:
    with serving() as port:
        other = BackfillBench(
            bench.redis, bench.settings, tmp_path, f"http://127.0.0.1:{port}", bench.key
        )
        worker.go.clear()
        process = other.start("backfill", bench.source(TEXTS), "--out", out)
        bench.when(lambda each: each.open == 10)
    time.sleep(1.5)
    worker.go.set()
    with serving(port):
        code, output = ended(process)
    assert code == 0, output
    assert f"127.0.0.1:{port} does not answer" in output
    assert [row["pergunta"] for row in table(out)] == TEXTS


def test_outside_of_its_window_nothing_is_asked(
    bench: BackfillBench, worker: SteadyWorker, out: Path
) -> None:
    now = time.gmtime()
    later, end = (now.tm_hour + 3) % 24, (now.tm_hour + 4) % 24
    window = ("--window", f"{later:02}:00-{end:02}:00", "--time-zone", "UTC")
    process = bench.start("backfill", bench.source(TEXTS[:5]), "--out", out, *window)
    bench.when(lambda each: each.state == "running")
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    code, output = ended(process)
    assert code == 130
    assert "5 left" in output
    assert worker.answered == []
    assert bench.backfill().plan.window == f"{later:02}:00-{end:02}:00"


@pytest.mark.drill
def test_rows_are_asked_again_where_that_is_wanted(
    bench: BackfillBench, worker: SteadyWorker, out: Path
) -> None:
    source = bench.source([*TEXTS[:4], "Uma pessoa, por favor: meu exame"])
    assert bench.type("backfill", source, "--out", out)[0] == 0
    code, output = bench.type("backfill", source, "--out", out, "--redo", "needs_human")
    assert code == 0, output
    assert "1 rows are asked again" in output
    assert len(worker.answered) == 6
    assert len(table(out)) == 5


@pytest.mark.drill
def test_a_trial_asks_nothing_and_a_detached_one_is_downloaded(
    bench: BackfillBench, worker: SteadyWorker, tmp_path: Path
) -> None:
    source = bench.source(TEXTS)
    code, output = bench.type("backfill", source, "--dry-run")
    assert code == 0
    assert "Read 40 questions. Nothing was asked." in output
    assert bench.store.list("clinica") == []
    code, output = bench.type("backfill", source, "--detach", "--name", "antigas")
    assert code == 0
    assert "atende backfills show antigas" in output
    bench.when(lambda each: each.state == "done")
    lines = tmp_path / "respostas.jsonl"
    code, output = bench.type("backfills", "download", "antigas", "--out", lines)
    assert code == 0, output
    assert len(lines.read_text("utf-8").splitlines()) == 40
    assert len(worker.answered) == 40


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.csv", "--out", "r.csv"), "There is no file or folder nowhere.csv"),
        (("perguntas.csv",), "Give --out FILE"),
        (("perguntas.csv", "--out", "r.docx"), ".csv"),
        (("--channel", "recepcao", "--out", "r.csv"), "There is no e-mail channel recepcao"),
        (("perguntas.csv", "--channel", "x", "--out", "r.csv"), "Name one source"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_changed(
    bench: BackfillBench, words: tuple[str, ...], said: str
) -> None:
    bench.source(TEXTS[:3])
    code, output = bench.type("backfill", *words)
    assert code == 1
    assert said in output
    assert "Nothing was" in output
    assert bench.store.list("clinica") == []
    assert list(bench.folder.glob("r.*")) == []
