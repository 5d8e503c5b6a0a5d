"""CSV as Brazilian offices save it, and as programs break it."""

import csv
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.channels.backfill.sources.source import (
    Guess,
    LeftOut,
    SourceError,
    SourceOptions,
    open_source,
)
from workers.channels.backfill.sources.tables.csv_source import CsvSource
from workers.contracts.backfill import BackfillRow

PLAIN = "id;data;pergunta;setor\n1;01/02/2026 10:00;Qual o preparo?;Recepção\n2;;Abre sábado?;\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "perguntas.csv"


def read(path: Path, data: str | bytes, **options: object) -> list[BackfillRow | LeftOut]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    source = CsvSource(path, SourceOptions(**options))  # type: ignore[arg-type]
    return list(source.rows())


def rows(path: Path, data: str | bytes, **options: object) -> list[BackfillRow]:
    return [row for row in read(path, data, **options) if isinstance(row, BackfillRow)]


def questions(path: Path, data: str | bytes, **options: object) -> list[str]:
    return [row.question for row in rows(path, data, **options) if not row.fault]


def guesses(path: Path, data: str | bytes, **options: object) -> dict[str, str]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    source = CsvSource(path, SourceOptions(**options))  # type: ignore[arg-type]
    return {guess.what: guess.value for guess in source.guesses()}


def test_a_row_has_its_id_place_time_and_other_columns(path: Path) -> None:
    first, second = rows(path, PLAIN)
    assert (first.key, first.id, first.place) == ("1", "1", "linha 2")
    assert first.question == "Qual o preparo?"
    assert first.asked_at == 1_769_950_800.0
    assert first.columns == {"data": "01/02/2026 10:00", "setor": "Recepção"}
    assert second.asked_at is None
    assert second.columns == {"data": "", "setor": ""}


def test_what_was_guessed_is_shown_with_the_option_that_says_otherwise(path: Path) -> None:
    path.write_text(PLAIN, encoding="utf-8")
    assert CsvSource(path, SourceOptions()).guesses() == (
        Guess("pergunta", "coluna 'pergunta'", "--question-column"),
        Guess("identificação", "coluna 'id'", "--id-column"),
        Guess("data", "coluna 'data'", "--date-column"),
        Guess("ordem da data", "dia/mês/ano", "--date-order"),
        Guess("separador", "';'", "--delimiter"),
        Guess("codificação", "UTF-8", "--encoding"),
    )


def test_what_the_user_says_is_no_guess(path: Path) -> None:
    said = {"question_column": "setor", "id_column": "2", "delimiter": ";", "encoding": "utf-8"}
    assert set(guesses(path, PLAIN, **said, date_column="data", date_order="dmy")) == set()
    assert questions(path, PLAIN, **said) == ["Recepção"]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_it_is_read_as_any_spreadsheet_saves_it(
    path: Path, delimiter: str, encoding: str, end: str
) -> None:
    text = PLAIN.replace(";", delimiter).replace("\n", end)
    read_rows = rows(path, text.encode(encoding))
    assert [row.question for row in read_rows] == ["Qual o preparo?", "Abre sábado?"]
    assert read_rows[0].columns["setor"] == "Recepção"
    assert [row.place for row in read_rows] == ["linha 2", "linha 3"]


def test_lines_of_two_encodings_in_one_file_are_both_read(path: Path) -> None:
    data = "pergunta\nÀ noite abre?\n".encode() + "Amanhã há vacinação?\n".encode("cp1252")
    assert questions(path, data) == ["À noite abre?", "Amanhã há vacinação?"]


def test_a_line_whose_bytes_are_torn_cannot_be_read_and_harms_no_other(path: Path) -> None:
    good = "id;pergunta\n1;A vacinação é às 8?\n".encode()
    data = good + "2;A vacinação não é".encode() + b"\xc3 amanh\xc3?\n" + b"3;Abre?\n"
    assert [(row.question[:8], row.fault) for row in rows(path, data)] == [
        ("A vacina", None),
        ("2;A vaci", "unreadable"),
        ("Abre?", None),
    ]


def test_a_byte_that_is_nothing_in_its_encoding_is_left_out(path: Path) -> None:
    data = "pergunta\nQuanto custa a vacinação?\n".encode("cp1252").replace(b"custa", b"cust\x81a")
    assert questions(path, data) == ["Quanto custa a vacinação?"]
    assert rows(path, b"pergunta\nAbre?\n\x81\x8d\x8f\xe1\n")[1].fault == "unreadable"


def test_an_encoding_that_the_user_names_is_used(path: Path) -> None:
    text = "pergunta\nAbre às 8 em São José?\n"
    assert questions(path, text.encode("mac-roman"), encoding="mac-roman") == [
        "Abre às 8 em São José?"
    ]
    with pytest.raises(SourceError, match="no text encoding 'latim'"):
        read(path, text, encoding="latim")


def test_quotes_hold_delimiters_lines_and_quotes(path: Path) -> None:
    text = 'id;pergunta\n1;"Oi;\nqual o ""preparo""?"\n2;Abre?\n'
    first, second = rows(path, text)
    assert first.question == 'Oi;\nqual o "preparo"?'
    assert (first.place, second.place) == ("linha 2", "linha 4")


def test_a_quote_inside_of_a_cell_is_a_quote(path: Path) -> None:
    text = 'id;pergunta;s\n1;Tela de 5" pode?;a\n2;"Ele disse "não" ontem?";b\n3;Abre?;c\n'
    assert [row.fault for row in rows(path, text)] == [None, None, None]
    assert rows(path, text)[0].question == 'Tela de 5" pode?'


def test_a_quote_that_never_ends_takes_no_other_row_with_it(path: Path) -> None:
    text = 'id;pergunta;s\n1;"Abre?;a\n2;Fecha?;b\n3;"Quanto; custa?";c\n4;Onde fica?;d\n'
    assert [(row.question, row.fault) for row in rows(path, text)] == [
        ('1;"Abre?;a', "unreadable"),
        ("Fecha?", None),
        ("Quanto; custa?", None),
        ("Onde fica?", None),
    ]


def test_the_rest_of_a_torn_record_is_no_question_of_its_own(path: Path) -> None:
    text = 'pergunta;setor\n"Bom dia,\nposso comer antes?\nAbre?;b\nFecha?;c\n'
    assert [row.fault for row in rows(path, text)] == ["unreadable", "unreadable", None, None]


def test_nul_characters_are_no_text(path: Path) -> None:
    assert questions(path, "id;pergunta\n1;Ab\0re\0?\n\0\n2;Fecha?\n") == ["Abre?", "Fecha?"]


def test_a_cell_of_ten_megabytes_is_a_row_that_is_too_long(path: Path) -> None:
    one_line, lines = "a " * 5_000_000, "b\n" * 200_000
    text = f'id;pergunta\n1;Abre?\n2;{one_line}\n3;"{lines}"\n4;Fecha?\n'
    long = rows(path, text)
    assert [row.fault for row in long] == [None, "too_long", "too_long", None]
    assert len(long[1].question) < 1_000
    assert [row.id for row in long] == ["1", "2", "3", "4"]


def test_a_line_without_end_takes_no_other_row_with_it(path: Path) -> None:
    text = f"id;pergunta\n1;Abre?\n2;{'a' * (40 << 20)}\n3;Fecha?\n"
    assert [row.fault for row in rows(path, text)] == [None, "unreadable", None]


def test_a_file_of_open_quotes_is_read_in_time(path: Path) -> None:
    lines = "".join(f'{number};"a\n;' for number in range(20_000))
    assert rows(path, f"id;pergunta\n{lines}\n3;Fecha?\n")[-1].question == "Fecha?"


def test_headers_that_are_missing_or_twice_there_lose_no_column(path: Path) -> None:
    text = "pergunta;setor;;setor\nAbre?;a;b;c\n"
    assert rows(path, text)[0].columns == {"setor": "a", "coluna 3": "b", "setor (2)": "c"}


def test_a_file_without_a_header_loses_no_row(path: Path) -> None:
    text = "1;Qual o preparo da glicemia?;a\n2;Vocês abrem no sábado?;b\n"
    assert questions(path, text) == ["Qual o preparo da glicemia?", "Vocês abrem no sábado?"]
    assert guesses(path, text)["pergunta"] == "coluna 'coluna 2'"


def test_a_plain_list_of_questions_is_one_column_whatever_stands_in_it(path: Path) -> None:
    text = "Oi, tudo bem? Abre hoje?\nQual o preparo; e o preço?\nFecha a que horas?\n"
    assert questions(path, text) == text.splitlines()
    assert guesses(path, text)["separador"] == "nenhum: uma pergunta por linha"


def test_a_list_of_short_names_under_a_name_that_is_known(path: Path) -> None:
    assert questions(path, "Dúvida\nestacionamento\nconvênios\n") == ["estacionamento", "convênios"]


def test_a_line_above_the_header_and_excel_s_own_are_no_rows(path: Path) -> None:
    text = "sep=;\nPerguntas de setembro;;\nid;pergunta;setor\n1;Abre?;a\n"
    assert questions(path, text) == ["Abre?"]


def test_a_column_is_guessed_by_what_stands_in_it(path: Path) -> None:
    text = "cliente;relato;nota\nAna;Vocês abrem aos sábados?;5\nRui;Qual o preparo do exame?;4\n"
    assert questions(path, text) == ["Vocês abrem aos sábados?", "Qual o preparo do exame?"]


def test_the_kind_of_a_question_is_no_question(path: Path) -> None:
    text = "tipo de pergunta;mensagem\npreço;quanto custa a glicemia\nhora;até que horas abre\n"
    assert questions(path, text) == ["quanto custa a glicemia", "até que horas abre"]


def test_where_no_column_looks_like_questions_the_user_is_asked(path: Path) -> None:
    text = "cliente;relato\nAna;o joelho dói bastante\nRui;a fila não andou\n"
    with pytest.raises(SourceError, match="--question-column one of: 'cliente', 'relato'"):
        read(path, text)
    with pytest.raises(SourceError, match=r"'coluna 1' \(Ana\), 'coluna 2' \(Lapa\)"):
        read(path, "Ana;Lapa\nRui;Centro\n")
    assert questions(path, text, question_column="relato")[0] == "o joelho dói bastante"
    with pytest.raises(SourceError, match="no column 'perguntta'"):
        read(path, PLAIN, question_column="perguntta")


def test_the_clinic_s_answer_is_kept_beside_its_question(path: Path) -> None:
    row = rows(path, "pergunta;resposta\nAbre?;Sim, até as 18h.\n")[0]
    assert row.later_answer == "Sim, até as 18h."
    assert row.columns == {}


def test_a_column_of_few_different_numbers_is_no_id(path: Path) -> None:
    text = "protocolo;pergunta\n7;Abre?\n7;Fecha?\n7;Quanto custa?\n"
    assert "identificação" not in guesses(path, text)
    assert [row.columns for row in rows(path, text)] == [{"protocolo": "7"}] * 3


def test_an_id_that_occurs_again_gets_a_suffix_and_the_place_says_so(path: Path) -> None:
    text = "id;pergunta\na;Abre?\na;Fecha?\na#2;Onde?\na;Quando?\n"
    read_rows = rows(path, text, id_column="id")
    assert [row.id for row in read_rows] == ["a", "a#2", "a#2#2", "a#3"]
    assert len({row.key for row in read_rows}) == 4
    assert read_rows[1].place == "linha 3 (identificação repetida)"


def test_the_same_text_twice_is_two_rows(path: Path) -> None:
    first, second = rows(path, "pergunta\nAbre?\nAbre?\n")
    assert first.key != second.key
    assert (first.id, second.id) == ("", "")


def test_a_source_that_has_grown_gives_the_old_rows_under_their_keys(path: Path) -> None:
    before = [row.key for row in rows(path, "pergunta\nAbre?\nFecha?\nAbre?\n")]
    after = [row.key for row in rows(path, "pergunta\nOnde?\nAbre?\nFecha?\nAbre?\nQuando?\n")]
    assert set(before) < set(after)
    assert len(set(after)) == 5


def test_an_empty_question_fails_and_an_empty_line_is_nothing(path: Path) -> None:
    assert [(row.id, row.fault) for row in rows(path, "id;pergunta\n1;Abre?\n\n;\n2;\n")] == [
        ("1", None),
        ("2", "empty"),
    ]


def test_a_question_that_is_too_long_is_never_cut_and_asked(path: Path) -> None:
    text = f"id;pergunta\n1;{'a ' * 30}?\n2;Abre?\n"
    assert [row.fault for row in rows(path, text, longest=40)] == ["too_long", None]


def test_greetings_and_thanks_alone_are_left_out(path: Path) -> None:
    text = "pergunta\nBom dia!\nAbre hoje?\nMuito obrigada 🙏\nBom dia, abre hoje?\n"
    assert questions(path, text) == ["Abre hoje?", "Bom dia, abre hoje?"]
    assert read(path, text).count(LeftOut("courtesy")) == 2


def test_rows_that_were_asked_before_a_day_are_left_out(path: Path) -> None:
    text = "data;pergunta\n01/02/2026;Abre?\n10/02/2026;Fecha?\n;Onde?\n"
    assert questions(path, text, since=date(2026, 2, 5)) == ["Fecha?", "Onde?"]
    assert read(path, text, since=date(2026, 2, 5))[0] == LeftOut("older")


def test_a_date_is_read_by_the_whole_file_s_order(path: Path) -> None:
    text = "data;pergunta\n03/04/2026;Abre?\n03/25/2026;Fecha?\n"
    assert guesses(path, text)["ordem da data"] == "mês/dia/ano"
    april, march = rows(path, text.replace("03/25", "25/03"))[0], rows(path, text)[0]
    assert guesses(path, text.replace("03/25", "25/03"))["ordem da data"] == "dia/mês/ano"
    assert april.asked_at == 1_775_185_200.0
    assert march.asked_at == 1_772_593_200.0


def test_a_question_with_commas_at_a_line_s_end_is_put_together(path: Path) -> None:
    text = "id,pergunta\n1,Abre?\n2,Oi, abre hoje, sábado?\n"
    assert questions(path, text) == ["Abre?", "Oi, abre hoje, sábado?"]


def test_a_row_with_too_many_cells_is_not_guessed_at(path: Path) -> None:
    text = "pergunta;setor\nAbre?;a\nOi; abre hoje?;b\n"
    assert [row.fault for row in rows(path, text)] == [None, "unreadable"]


def test_other_columns_are_echoed_within_their_bounds(path: Path) -> None:
    names = ";".join(f"c{number}" for number in range(60))
    cells = ";".join("ç" * 3_000 for _ in range(60))
    row = rows(path, f"pergunta;{names}\nAbre?;{cells}\n")[0]
    assert len(row.columns) == 50
    assert sum(len(f"{name}{text}".encode()) for name, text in row.columns.items()) <= 8 << 10
    assert all(text.endswith("…") for text in row.columns.values())


def test_an_empty_table_has_no_rows(path: Path) -> None:
    assert read(path, "id;pergunta\n") == []


def test_a_source_is_read_again_from_its_beginning(path: Path) -> None:
    path.write_text(PLAIN, encoding="utf-8")
    source = CsvSource(path, SourceOptions())
    assert list(source.rows()) == list(source.rows())


def test_a_file_that_goes_away_is_told(path: Path) -> None:
    path.write_text(PLAIN, encoding="utf-8")
    source = CsvSource(path, SourceOptions())
    path.unlink()
    with pytest.raises(SourceError, match="does not let"):
        list(source.rows())


@settings(deadline=None)  # the word lists are loaded once
@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=8), st.sampled_from(";,\t"))
def test_no_row_is_lost_whatever_patients_write(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(["id", "pergunta", "setor"])
        writer.writerows([f"n{number}", text, "x"] for number, text in enumerate(texts))
    given_rows = list(open_source(str(path), SourceOptions(format="csv")).rows())
    assert len(given_rows) == len(texts)
    assert all(isinstance(row, LeftOut) or row.fault in {None, "empty"} for row in given_rows)


def test_memory_does_not_grow_with_the_file(path: Path) -> None:
    def lines() -> Iterator[str]:
        yield "id;pergunta;setor\n"
        for number in range(3_000):
            yield f"{number};Qual o preparo para o exame número {number}, por favor?;Recepção\n"

    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines())
    source = CsvSource(path, SourceOptions())
    rows_read = source.rows()
    next(rows_read)  # the word lists are loaded
    tracemalloc.start()
    try:
        assert sum(1 for _ in rows_read) == 2_999
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
