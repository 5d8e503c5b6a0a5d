import csv
import io
from zoneinfo import ZoneInfo

import pytest

from workers.channels.backfill.report.agreement import Agreement
from workers.channels.backfill.report.errors import PairsError
from workers.channels.backfill.report.pairs import Pair
from workers.channels.backfill.report.pairs_file import reviewed, written

ZONE = ZoneInfo("America/Sao_Paulo")
HOSTILE = ('=HYPERLINK("http://x";"y")', "@SUM(1)", "+55 47 3333-4444", "- leve o pedido", "\t=1+1")


def pair(question: str = "Qual o jejum?", answer: str = "De 8 horas.") -> Pair:
    return Pair(
        question=question,
        answer=answer,
        attention=("nome", "data"),
        agreement=Agreement.DIFFERS,
        ours="De 12 horas.",
        document="preparo.pdf",
        asked_at=1_758_326_400.0,
        place="linha 17",
        row=16,
    )


def approved(data: bytes, words: str = "sim") -> bytes:
    """The file as a person saves it again, with a word in each row's column."""
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows({**row, "aprovado": words} for row in rows)
    return text.getvalue().encode("cp1252")


def test_what_is_written_is_read_again_from_a_spreadsheet_in_cp1252() -> None:
    (row,) = reviewed(approved(written([pair()], ZONE), "Sim"))
    assert (row.question, row.answer, row.approved) == ("Qual o jejum?", "De 8 horas.", True)
    assert (row.attention, row.agreement) == ("nome, data", "diferente")
    assert row.document == "preparo.pdf"


def test_the_moment_is_the_clinics() -> None:
    assert "19/09/2025 21:00" in written([pair()], ZONE).decode("utf-8-sig")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_runs_in_a_spreadsheet_and_each_comes_back_as_it_was(text: str) -> None:
    data = written([pair(question=text, answer=text)], ZONE)
    (cells,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";")
    assert not cells["pergunta"].lstrip().startswith(("=", "+", "-", "@"))
    (row,) = reviewed(data)
    assert row.question == text.strip()


def test_words_of_approval() -> None:
    words = {"sim": True, "X": True, "": False, "não": False, "talvez": None}
    data = written([pair()], ZONE)
    read = {word: reviewed(approved(data, word))[0].approved for word in words}
    assert read == words


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "no column `pergunta`"),
        (b"pergunta;resposta\r\na;b\r\n", "no column `aprovado`"),
    ],
)
def test_another_file_is_refused_with_what_it_lacks(data: bytes, complaint: str) -> None:
    with pytest.raises(PairsError, match=complaint):
        reviewed(data)
