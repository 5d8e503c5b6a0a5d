"""What is out of force is known and not found: dates, rows, editions, the clinic's word."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.document import Ruling
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.in_force import Reason
from ingestion.knowledge.stores.ids import chunk_ids
from ingestion.pipeline import ingest_path, ingest_upload
from ingestion.report import Report, Status
from ingestion.validity import Validity, ValidityError
from tests.integration.ingestion.conftest import Open, target

pytestmark = [
    pytest.mark.integration,
    # The memory store says that it needs no payload index; the server does.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]
SAMPLE = Path(__file__).parents[3] / "examples" / "clinica" / "documentos"
TODAY, TOMORROW = date(2026, 11, 26), date(2026, 11, 27)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "natal.md").write_text(
        "---\nválido_até: 26/11/2026\n---\n# Natal\n\nFechamos no Natal.\n", "utf-8"
    )
    (folder / "mapa-2025.md").write_text("# MAPA 2025\n\nO MAPA custa R$ 70.\n", "utf-8")
    (folder / "mapa-2026.md").write_text("# MAPA 2026\n\nO MAPA custa R$ 80.\n", "utf-8")
    (folder / "precos.csv").write_text(
        "Exame;Preço;Válido até\nHolter;R$ 90;26/11/2026\nHolter;R$ 99;31/12/2027\nEEG;R$ 50;\n",
        "utf-8",
    )
    return folder


@pytest.fixture
def clinic(folder: Path, knowledge: Knowledge) -> Knowledge:
    knowledge.store.today = lambda: TODAY
    ingest_path(folder, target(knowledge))
    return knowledge


def texts(knowledge: Knowledge, question: str) -> set[str]:
    """The lines of all passages: rows that stand side by side are joined."""
    passages = knowledge.search([("a", question)], 9)[0]
    return {line for passage in passages for line in passage.text.splitlines()}


def found(knowledge: Knowledge, question: str) -> set[str]:
    return {passage.document for passage in knowledge.search([("a", question)], 9)[0]}


def remarks(report: Report) -> dict[str, str]:
    return {row.name: row.validity for row in report.rows if row.validity}


@contextmanager
def on(knowledge: Knowledge, day: date) -> Iterator[None]:
    before, knowledge.store.today = knowledge.store.today, lambda: day
    yield
    knowledge.store.today = before


def test_what_ends_today_is_found_today_and_not_tomorrow_without_an_ingestion(
    clinic: Knowledge,
) -> None:
    version = clinic.store.version("a")
    assert "natal.md" in found(clinic, "Fecham no Natal?")
    with on(clinic, TOMORROW):
        assert clinic.store.out_of_force("a").causes["natal.md"].reason is Reason.ENDED
        assert "natal.md" not in found(clinic, "Fecham no Natal?")
        assert clinic.store.version("a") != version
        assert "natal.md" in {document.name for document in clinic.store.documents("a")}
        assert clinic.chunks("a", "natal.md")
    assert clinic.store.version("a") == version


def test_rows_end_one_by_one_and_keep_their_cells(clinic: Knowledge) -> None:
    holter = {
        "Exame: Holter; Preço: R$ 90; Válido até: 26/11/2026",
        "Exame: Holter; Preço: R$ 99; Válido até: 31/12/2027",
    }
    assert holter <= texts(clinic, "Quanto custa o Holter?")
    with on(clinic, TOMORROW):
        assert holter & texts(clinic, "Quanto custa o Holter?") == {sorted(holter)[1]}
        assert "Exame: EEG; Preço: R$ 50" in texts(clinic, "Quanto custa o EEG?")
    with on(clinic, date(2028, 1, 1)):
        assert not holter & texts(clinic, "Quanto custa o Holter?")


def test_the_older_edition_is_left_out_until_the_newer_one_goes(
    folder: Path, clinic: Knowledge
) -> None:
    assert found(clinic, "Quanto custa o MAPA?") & {"mapa-2025.md", "mapa-2026.md"} == {
        "mapa-2026.md"
    }
    again = remarks(ingest_path(folder, target(clinic)))
    assert again.keys() == {"mapa-2025.md"}
    assert "mapa-2026.md has the same title and is newer" in again["mapa-2025.md"]
    (folder / "mapa-2026.md").unlink()
    ingest_path(folder, target(clinic))
    assert "mapa-2025.md" in found(clinic, "Quanto custa o MAPA?")


def test_a_retirement_outlives_ingestions_names_and_restarts(
    folder: Path, clinic: Knowledge, reopen: Open, embedder: Embedder
) -> None:
    version = clinic.store.version("a")
    clinic.amend("a", "mapa-2026.md", ruling=Ruling.RETIRED)
    assert clinic.store.version("a") != version
    assert "mapa-2026.md" not in found(clinic, "Quanto custa o MAPA?")
    assert "mapa-2025.md" in found(clinic, "Quanto custa o MAPA?")

    (folder / "mapa-2026.md").rename(folder / "mapa.md")
    report = ingest_path(folder, target(clinic))
    assert "It is retired" in remarks(report)["mapa.md"]
    (folder / "mapa.md").write_text("# MAPA 2026\n\nO MAPA custa R$ 85.\n", "utf-8")
    report = ingest_path(folder, target(clinic))
    assert "`atende documents restore mapa.md`" in remarks(report)["mapa.md"]
    for rebuild in (False, True):
        again = reopen(embedder, rebuild=rebuild)
        again.store.today = lambda: TODAY
        assert "mapa.md" not in found(again, "Quanto custa o MAPA?")

    again.amend("a", "mapa.md", ruling=Ruling.RESTORED)
    assert "O MAPA custa R$ 85." in texts(again, "Quanto custa o MAPA?")
    assert again.amend("a", "nada.md", ruling=Ruling.RETIRED) is None


def test_the_clinic_s_dates_are_kept_until_it_says_otherwise(
    folder: Path, clinic: Knowledge
) -> None:
    def say(**validity: str) -> Report:
        return ingest_path(folder / "natal.md", replace(target(clinic), validity=validity))

    report = say(valid_until="25/11/2026")
    assert [row.status for row in report.rows] == [Status.UNCHANGED]
    assert "2026-11-25 was its last day" in remarks(report)["natal.md"]
    assert "natal.md" not in found(clinic, "Fecham no Natal?")
    (folder / "natal.md").write_text("# Natal\n\nFechamos também no dia 26.\n", "utf-8")
    assert "natal.md" in remarks(ingest_path(folder, target(clinic)))
    assert remarks(say(valid_until="none")) == {}
    assert "natal.md" in found(clinic, "Fecham no Natal?")
    with pytest.raises(ValidityError, match="is no date"):
        say(valid_from="amanhã")


def test_an_upload_says_what_it_replaces(clinic: Knowledge) -> None:
    upload = replace(target(clinic), validity={"replaces": "natal.md"})
    row = ingest_upload(b"# Ano novo\n\nNo Natal abrimos.\n", "ano-novo.md", upload)
    assert "in place of natal.md" in row.validity
    assert "natal.md" not in found(clinic, "Fecham no Natal?")
    clinic.delete("a", "ano-novo.md")
    assert "natal.md" in found(clinic, "Fecham no Natal?")


def test_nobody_else_s_documents_change(folder: Path, clinic: Knowledge) -> None:
    ingest_path(folder / "mapa-2025.md", target(clinic, "b"))
    assert {passage.document for passage in clinic.search([("b", "MAPA?")], 9)[0]} == {
        "mapa-2025.md"
    }


def test_rows_that_an_earlier_version_of_atende_wrote_learn_their_period(
    folder: Path, clinic: Knowledge
) -> None:
    (record,) = [each for each in clinic.store.documents("a") if each.name == "precos.csv"]
    earlier = record.model_copy(update={"recipe": "1", "periods": ()})
    chunks = [replace(chunk, period="") for chunk in clinic.chunks("a", "precos.csv")]
    clinic.replace("a", earlier, chunks)
    ingest_path(folder, target(clinic))
    with on(clinic, TOMORROW):
        assert not any("26/11/2026" in text for text in texts(clinic, "Quanto custa o Holter?"))


def test_the_sample_clinic_s_sheet_of_2021_is_replaced(
    knowledge: Knowledge, tmp_path: Path
) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in ("preparo-colonoscopia.pdf", "preparo-colonoscopia-2021.pdf"):
        (folder / name).write_bytes((SAMPLE / name).read_bytes())
    knowledge.store.today = lambda: TODAY
    report = ingest_path(folder, target(knowledge))
    said = remarks(report)
    assert "preparo-colonoscopia.pdf has the same title" in said["preparo-colonoscopia-2021.pdf"]
    assert "in place of" in said["preparo-colonoscopia.pdf"]
    question = "quantas horas de jejum total antes da colonoscopia"
    assert found(knowledge, question) == {"preparo-colonoscopia.pdf"}


def test_what_is_out_of_force_is_not_found_while_it_is_being_written(
    folder: Path, clinic: Knowledge
) -> None:
    (later,) = [each for each in clinic.store.documents("a") if each.name == "natal.md"]
    chunks = clinic.chunks("a", "natal.md")
    later = later.model_copy(
        update={"name": "pascoa.md", "stated": Validity(valid_from=TOMORROW), "title": "Páscoa"}
    )
    (key,) = chunk_ids("a", "pascoa.md", chunks)
    clinic.store.begin("a", later)
    vectors = clinic.embedder.encode_passages([chunks[0].indexed])
    clinic.store.write("a", "pascoa.md", {key: chunks[0]}, [vectors])
    assert "pascoa.md" not in found(clinic, "Fecham no Natal?")
    with on(clinic, TOMORROW):
        assert "pascoa.md" in found(clinic, "Fecham no Natal?")

    prices = folder / "precos.csv"
    prices.write_text(prices.read_text("utf-8") + "Holter;R$ 70;01/01/2020\n", "utf-8")
    (record,) = [each for each in clinic.store.documents("a") if each.name == "precos.csv"]
    clinic.store.begin("a", record.model_copy(update={"periods": ("../2020-01-01",)}))
    assert clinic.store.out_of_force("a").periods == {"../2020-01-01"}
    ingest_path(folder, target(clinic))
    assert not any("R$ 70" in text for text in texts(clinic, "Quanto custa o Holter?"))


def test_a_file_that_cannot_be_read_gets_no_validity(folder: Path, clinic: Knowledge) -> None:
    (folder / "natal.md").write_bytes(b"\x00\xff\x81")
    said = replace(target(clinic), validity={"valid_from": "2027-01-01"})
    assert [row.status for row in ingest_path(folder / "natal.md", said).rows] == [Status.FAILED]
    assert "natal.md" in found(clinic, "Fecham no Natal?")
