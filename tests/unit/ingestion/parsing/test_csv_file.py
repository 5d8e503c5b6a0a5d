import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.parsing.csv_file import parse_csv, read_rows
from ingestion.parsing.document import Answer, Table
from ingestion.parsing.errors import CorruptFileError

CELLS = st.text(alphabet='aé ;,"\n1', max_size=12)


@pytest.mark.parametrize("delimiter", [",", ";"])
@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6))
def test_rows_come_back_as_they_were_written(delimiter: str, rows: list[list[str]]) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["nome", "valor"])
    writer.writerows(rows)
    expected = [tuple(cell.strip() for cell in row) for row in rows]
    assert read_rows(file.getvalue())[1:] == [row for row in expected if any(row)]


@given(st.text(alphabet='ab;,"\n\r\t', max_size=200))
def test_any_text_gives_rows_of_one_width(text: str) -> None:
    try:
        rows = read_rows(text)
    except CorruptFileError:
        assert '"' in text
    else:
        assert len({len(row) for row in rows}) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "question,answer\nTem vaga?,Sim.\n",
        "pergunta;resposta\nTem vaga?;Sim.\n",
        "Resposta;Pergunta\nSim.;Tem vaga?\n",
        "\ufeffPERGUNTA;RESPOSTA\r\nTem vaga?;Sim.\r\n",
    ],
)
def test_pairs_of_question_and_answer(text: str) -> None:
    document = parse_csv(text.encode(), "perguntas-frequentes.csv")
    assert document.sections == (Answer("Tem vaga?", "Sim."),)
    assert document.title == "Perguntas frequentes"


def test_further_columns_follow_the_answer() -> None:
    document = parse_csv(b"pergunta;resposta;setor\nTem vaga?;Sim.;Portaria\n", "p.csv")
    assert document.sections == (Answer("Tem vaga?", "Sim.\nsetor: Portaria"),)


def test_other_tables_keep_their_header() -> None:
    text = "exame;preço_total\nUltrassom;R$ 120,00\n\nHolter\n"
    document = parse_csv(text.encode("cp1252"), "precos.csv")
    table = Table(("exame", "preço total"), (("Ultrassom", "R$ 120,00"), ("Holter", "")))
    assert document.sections == (table,)


def test_a_header_alone_is_no_table() -> None:
    assert parse_csv(b"exame;preco\n", "p.csv").sections == ()
    assert parse_csv(b"\n", "p.csv").sections == ()


def test_a_quote_that_never_ends_is_said() -> None:
    with pytest.raises(CorruptFileError, match="damaged"):
        parse_csv(b'a,b\n"' + b"x" * 200_000, "p.csv")


def test_a_quote_that_never_ends_takes_no_other_row() -> None:
    rows = 'Pergunta;Resposta\nVagas?;Sim\n"Qual o preço?;R$ 10\nOutra?;Não\n'
    with pytest.raises(CorruptFileError, match="the quote that begins in line 3 never ends"):
        parse_csv(rows.encode(), "a.csv")
    assert len(read_rows(rows.replace("10\n", '10"\n'))) == 4
    assert read_rows('a;b\n"1\n2";3')[1:] == [("1\n2", "3")]


def test_a_title_above_the_header_names_the_table() -> None:
    text = "Tabela de preços, 2026;;\nExame;Preço;Prazo\nUltrassom;R$ 120,00;2 dias\n"
    document = parse_csv(text.encode(), "tabela.csv")
    assert document.title == "Tabela de preços, 2026"
    (table,) = document.sections
    assert isinstance(table, Table)
    assert table.header == ("Exame", "Preço", "Prazo")


def test_a_title_with_another_sign_does_not_choose_the_delimiter() -> None:
    text = "Preços, em reais, de 2026\nExame;Preço\nUltrassom;120\nRaio X;80\n"
    document = parse_csv(text.encode(), "tabela.csv")
    assert document.title == "Preços, em reais, de 2026"
    (table,) = document.sections
    assert isinstance(table, Table)
    assert table.rows == (("Ultrassom", "120"), ("Raio X", "80"))
