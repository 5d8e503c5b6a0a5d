"""What is not embedded again: renamed files, moved pages, copies. And plans, uploads, turns."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from ingestion.dry_run import dry_run, dry_run_unopened
from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.knowledge.embedding import Embedder, Vectors
from ingestion.pipeline import UPLOAD, Target, ingest_path, ingest_upload
from ingestion.report import Event, Report, Status
from ingestion.settings import IngestionSettings
from tests.integration.ingestion.conftest import Open, target

pytestmark = [
    pytest.mark.integration,
    # The memory store says that it needs no payload index; the server does.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]


class Counting:
    """The real embedder, with a count of what it embedded."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self.count_tokens, self.encode_queries = embedder.count_tokens, embedder.encode_queries
        self._embedder = embedder
        self.texts: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return self._embedder.encode_passages(texts)


@pytest.fixture
def counting(embedder: Embedder) -> Counting:
    return Counting(embedder)


@pytest.fixture
def knowledge(reopen: Open, counting: Counting) -> Knowledge:
    return reopen(counting)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "horarios.md").write_text("# Horários\n\nDas 8h às 18h.\n\n## Sábados\n\nAté 12h.\n")
    (folder / "convenio-velho.txt").write_text("Aceitamos o convênio Aroeira.")
    return folder


def became(report: Report) -> dict[str, tuple[Status, str]]:
    return {row.name: (row.status, row.reason) for row in report.rows}


def passages(knowledge: Knowledge, tenant: str = "a") -> set[tuple[str, str, str]]:
    passages = knowledge.search([(tenant, "Qual o horário?")], 20)[0]
    return {(each.document, each.title, each.text) for each in passages}


def test_a_renamed_file_is_not_embedded_again(
    folder: Path, knowledge: Knowledge, counting: Counting
) -> None:
    before = ingest_path(folder, target(knowledge))
    counting.texts.clear()
    (folder / "velhos").mkdir()
    (folder / "horarios.md").rename(folder / "velhos" / "abertura.md")
    (folder / "convenio-velho.txt").rename(folder / "convenio-novo.txt")
    report = ingest_path(folder, target(knowledge))
    assert became(report) == {
        "convenio-novo.txt": (Status.RENAMED, "It was convenio-velho.txt."),
        "velhos/abertura.md": (Status.RENAMED, "It was horarios.md."),
    }
    assert counting.texts == []
    assert report.chunks == before.chunks
    assert report.version not in {before.version, ""}
    assert passages(knowledge) == {
        # And so does a name that says what the title does not.
        ("velhos/abertura.md", "Horários (Abertura)", "Das 8h às 18h.\nSábados\nAté 12h."),
        # A title that came from the file's name follows it.
        ("convenio-novo.txt", "Convenio novo", "Aceitamos o convênio Aroeira."),
    }
    assert {row.status for row in ingest_path(folder, target(knowledge)).rows} == {Status.UNCHANGED}


def test_a_file_renamed_back_has_the_version_of_before(folder: Path, knowledge: Knowledge) -> None:
    before = ingest_path(folder, target(knowledge)).version
    (folder / "horarios.md").rename(folder / "abertura.md")
    assert ingest_path(folder, target(knowledge)).version != before
    (folder / "abertura.md").rename(folder / "horarios.md")
    assert ingest_path(folder, target(knowledge)).version == before


def test_another_ending_is_another_document(folder: Path, knowledge: Knowledge) -> None:
    ingest_path(folder, target(knowledge))
    (folder / "horarios.md").rename(folder / "horarios.txt")
    report = became(ingest_path(folder, target(knowledge)))
    assert report["horarios.txt"][0] is Status.NEW
    assert report["horarios.md"][0] is Status.REMOVED


def test_a_copy_takes_the_vectors_of_what_it_copies(
    folder: Path, knowledge: Knowledge, counting: Counting
) -> None:
    ingest_path(folder, target(knowledge))
    counting.texts.clear()
    (folder / "horarios-copia.md").write_bytes((folder / "horarios.md").read_bytes())
    assert became(ingest_path(folder, target(knowledge)))["horarios-copia.md"][0] is Status.NEW
    assert counting.texts == []
    assert knowledge.chunks("a", "horarios-copia.md") == knowledge.chunks("a", "horarios.md")
    assert len(knowledge.chunks("a", "horarios.md")) == 2


def test_only_the_new_words_of_a_changed_file_are_embedded(
    folder: Path, knowledge: Knowledge, counting: Counting
) -> None:
    ingest_path(folder, target(knowledge))
    counting.texts.clear()
    page = (folder / "horarios.md").read_text()
    (folder / "horarios.md").write_text(page + "\n## Feriados\n\nFechado.\n")
    assert became(ingest_path(folder, target(knowledge)))["horarios.md"][0] is Status.CHANGED
    assert counting.texts == ["Horários > Feriados\nFechado."]


def test_vectors_do_not_pass_between_tenants(
    folder: Path, knowledge: Knowledge, counting: Counting
) -> None:
    ingest_path(folder, target(knowledge))
    first = list(counting.texts)
    report = ingest_path(folder, target(knowledge, "b"))
    assert {row.status for row in report.rows} == {Status.NEW}
    assert sorted(counting.texts) == sorted(first * 2)
    (folder / "horarios.md").unlink()
    ingest_path(folder, target(knowledge, "b"))
    assert len(passages(knowledge, "a")) == 2
    assert len(passages(knowledge, "b")) == 1


def test_a_plan_says_what_would_be_and_changes_nothing(
    folder: Path, knowledge: Knowledge, counting: Counting
) -> None:
    version = ingest_path(folder, target(knowledge)).version
    counting.texts.clear()
    (folder / "convenio-velho.txt").rename(folder / "convenio-novo.txt")
    (folder / "horarios.md").write_text("Das 7h às 19h.")
    (folder / "novo.txt").write_text("Há vagas.")
    (folder / "foto.xyz").write_text("x")
    planned = dry_run(folder, target(knowledge))
    assert (planned.dry_run, planned.version, counting.texts) == (True, version, [])
    assert len(passages(knowledge)) == 2
    done = ingest_path(folder, target(knowledge))
    assert became(planned) == became(done)
    assert not done.dry_run


def test_a_plan_before_the_first_ingestion_makes_no_knowledge_base(
    folder: Path, tmp_path: Path
) -> None:
    settings = IngestionSettings(data_dir=tmp_path / "data", embedding="/no/model")
    assert [row.status for row in dry_run_unopened(folder, "a", settings).rows] == [Status.NEW] * 2
    assert not settings.data_dir.exists()


def test_a_plan_is_made_of_what_is_stored_whichever_model_made_it(
    folder: Path, tmp_path: Path
) -> None:
    settings = IngestionSettings(data_dir=tmp_path / "data")
    with open_knowledge(settings) as knowledge:
        ingest_path(folder, Target("a", knowledge, settings))
    rows = dry_run_unopened(folder, "a", settings).rows
    assert [row.status for row in rows] == [Status.UNCHANGED] * 2
    other = settings.model_copy(update={"embedding": "/no/model"})
    assert [row.status for row in dry_run_unopened(folder, "a", other).rows] == [Status.CHANGED] * 2


def test_an_upload_is_a_document_that_no_folder_forgets(folder: Path, knowledge: Knowledge) -> None:
    events: list[Event] = []
    row = ingest_upload("Há vagas.".encode(), "vagas.txt", target(knowledge), events.append)
    assert (row.status, row.chunks) == (Status.NEW, 1)
    assert events[-1].row == row
    assert ingest_upload("Há vagas.".encode(), "vagas.txt", target(knowledge)).status is (
        Status.UNCHANGED
    )
    assert (
        ingest_upload("Não há.".encode(), "vagas.txt", target(knowledge)).status is Status.CHANGED
    )
    assert ingest_upload(b"\x00\xff\x81", "vagas.txt", target(knowledge)).status is Status.FAILED
    assert ingest_upload(b"x", "vagas.xyz", target(knowledge)).status is Status.SKIPPED
    longest = "a." + "x" * 253
    assert ingest_upload(b"x", longest, target(knowledge)).status is Status.SKIPPED
    ingest_path(folder, target(knowledge))
    assert {each.name: each.origin for each in knowledge.store.documents("a")}[
        "vagas.txt"
    ] == UPLOAD


def test_two_ingestions_of_a_tenant_take_turns(folder: Path, knowledge: Knowledge) -> None:
    labels: list[str] = []

    def run_as(label: str) -> threading.Thread:
        note = lambda _: labels.append(label)  # noqa: E731 - one line says it
        return threading.Thread(target=ingest_path, args=(folder, target(knowledge), note))

    threads = [run_as(label) for label in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "".join(labels).count("ab") + "".join(labels).count("ba") == 1
    assert len(passages(knowledge)) == 2


def test_what_progress_raises_ends_the_ingestion_and_a_repeat_goes_on(
    folder: Path, knowledge: Knowledge
) -> None:
    class StopError(Exception):
        pass

    def stop(event: Event) -> None:
        if event.chunks_done:
            raise StopError

    with pytest.raises(StopError):
        ingest_path(folder, target(knowledge), stop)
    assert ingest_path(folder, target(knowledge)).exit_code == 0
    assert len(passages(knowledge)) == 2
