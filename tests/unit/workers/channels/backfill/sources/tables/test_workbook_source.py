"""Spreadsheets as people fill them: dates, merged cells, hidden rows and sheets, formulas."""

from datetime import datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter

from workers.channels.backfill.sources.source import LeftOut, SourceError, SourceOptions
from workers.channels.backfill.sources.tables.workbook_source import WorkbookSource
from workers.contracts.backfill import BackfillRow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "perguntas.xlsx"


@pytest.fixture
def book(path: Path) -> xlsxwriter.Workbook:
    return xlsxwriter.Workbook(path, {"strings_to_formulas": False})


def read(book: xlsxwriter.Workbook, **options: object) -> list[BackfillRow | LeftOut]:
    book.close()
    return list(WorkbookSource(Path(book.filename), SourceOptions(**options)).rows())  # type: ignore[arg-type]


def rows(book: xlsxwriter.Workbook, **options: object) -> list[BackfillRow]:
    return [row for row in read(book, **options) if isinstance(row, BackfillRow)]


def fill(
    book: xlsxwriter.Workbook, name: str, *table: tuple[object, ...]
) -> xlsxwriter.worksheet.Worksheet:
    sheet = book.add_worksheet(name)
    for number, cells in enumerate(table):
        sheet.write_row(number, 0, cells)
    return sheet


def test_a_date_is_a_number_to_the_file_and_a_time_to_the_row(book: xlsxwriter.Workbook) -> None:
    sheet = fill(book, "A", ("Nº", "Data", "Pergunta"), (1, "", "Abre?"))
    form = book.add_format({"num_format": "mm/dd/yyyy hh:mm"})
    sheet.write_datetime(1, 1, datetime(2026, 4, 3, 10, 5), form)  # noqa: DTZ001 - as Excel has it
    row = rows(book, date_order="mdy")[0]
    assert row.asked_at == 1_775_221_500.0
    assert row.columns == {"Data": "03/04/2026 10:05"}
    assert (row.id, row.place) == ("1", "A, linha 2")


def test_numbers_stand_as_a_brazilian_spreadsheet_shows_them(book: xlsxwriter.Workbook) -> None:
    fill(book, "A", ("protocolo", "pergunta", "valor", "ok"), (41999990000, "Abre?", 89.9, True))
    row = rows(book)[0]
    assert row.id == "41999990000"
    assert row.columns == {"valor": "89,9", "ok": "sim"}


def test_a_formula_s_value_is_read_and_no_formula(book: xlsxwriter.Workbook) -> None:
    sheet = fill(book, "A", ("pergunta",), ("",))
    sheet.write_formula(1, 0, '="Abre"&"?"', None, "Abre?")
    assert [row.question for row in rows(book)] == ["Abre?"]


def test_the_lines_of_a_cell_stay(book: xlsxwriter.Workbook) -> None:
    fill(book, "A", ("pergunta",), ("Bom dia,\nabre hoje?",))
    assert rows(book)[0].question == "Bom dia,\nabre hoje?"


def test_hidden_rows_are_left_out_and_counted(book: xlsxwriter.Workbook) -> None:
    sheet = fill(book, "A", ("pergunta",), ("Abre?",), ("Fecha?",), ("Onde?",))
    sheet.set_row(2, None, None, {"hidden": True})
    result = read(book)
    assert result[1] == LeftOut("hidden")
    assert [row.place for row in result if isinstance(row, BackfillRow)] == [
        "A, linha 2",
        "A, linha 4",
    ]


def test_rows_that_a_filter_hides_are_left_out(book: xlsxwriter.Workbook) -> None:
    sheet = fill(book, "A", ("setor", "pergunta"), ("x", "Abre?"), ("y", "Fecha?"))
    sheet.autofilter(0, 0, 2, 1)
    sheet.filter_column(0, "setor == y")
    sheet.set_row(1, None, None, {"hidden": True})
    assert [row.question for row in rows(book)] == ["Fecha?"]


def test_a_merged_cell_says_its_text_in_each_row_it_covers(book: xlsxwriter.Workbook) -> None:
    sheet = fill(book, "A", ("setor", "pergunta"), ("", "Abre?"), ("", "Fecha?"), ("", "Onde?"))
    sheet.merge_range(1, 0, 2, 0, "Recepção")
    assert [row.columns["setor"] for row in rows(book)] == ["Recepção", "Recepção", ""]


def test_a_merged_question_is_asked_once(book: xlsxwriter.Workbook) -> None:
    sheet = fill(book, "A", ("setor", "pergunta"), ("a", ""), ("b", ""), ("c", "Onde?"))
    sheet.merge_range(1, 1, 2, 1, "Abre?")
    result = read(book)
    assert [row.question for row in result if isinstance(row, BackfillRow)] == ["Abre?", "Onde?"]
    assert LeftOut("merged") in result


def test_a_heading_across_the_columns_is_no_question(book: xlsxwriter.Workbook) -> None:
    sheet = fill(book, "A", ("id", "pergunta", "nota"), (), ("7", "Abre?", "x"))
    sheet.merge_range(1, 0, 1, 2, "Março de 2026")
    assert [row.question for row in rows(book)] == ["Abre?"]


def test_a_table_may_begin_anywhere(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("A")
    sheet.write(1, 2, "Perguntas de março")
    sheet.write_row(3, 2, ("id", "pergunta"))
    sheet.write_row(4, 2, (7, "Abre?"))
    assert [(row.id, row.place) for row in rows(book)] == [("7", "A, linha 5")]


def test_all_sheets_with_questions_are_read_and_the_others_are_named(
    book: xlsxwriter.Workbook,
) -> None:
    fill(book, "Março", ("pergunta",), ("Abre?",))
    fill(book, "Abril", ("mensagem",), ("Fecha?",))
    fill(book, "Resumo", ("total", "mês"), (1, "Março"), (1, "Abril"))
    fill(book, "Base", ("pergunta",), ("Oculta?",)).hide()
    assert [row.place for row in rows(book)] == ["Março, linha 2", "Abril, linha 2"]
    guesses = WorkbookSource(Path(book.filename), SourceOptions()).guesses()
    assert [(guess.what, guess.value) for guess in guesses] == [
        ("planilha", "Março, Abril"),
        ("planilha sem perguntas, não lida", "Resumo"),
        ("planilha oculta, não lida", "Base"),
        ("pergunta", "coluna 'pergunta'"),
    ]


def test_the_sheet_that_the_user_names_is_read_also_a_hidden_one(book: xlsxwriter.Workbook) -> None:
    fill(book, "Março", ("pergunta",), ("Abre?",))
    fill(book, "Base", ("pergunta",), ("Oculta?",)).hide()
    assert [row.question for row in rows(book, sheet="base")] == ["Oculta?"]
    path = Path(book.filename)
    with pytest.raises(SourceError, match=r"no sheet 'Maio'.*'Março', 'Base'"):
        WorkbookSource(path, SourceOptions(sheet="Maio"))


def test_a_column_may_be_named_by_its_letter(book: xlsxwriter.Workbook) -> None:
    fill(book, "A", ("x", "y"), ("abre", "fecha"))
    assert [row.question for row in rows(book, question_column="B", id_column="x")] == ["fecha"]


def test_a_damaged_or_locked_workbook_is_told(path: Path, book: xlsxwriter.Workbook) -> None:
    fill(book, "A", ("pergunta",), ("Abre?",))
    book.close()
    path.write_bytes(path.read_bytes()[:2_000])
    with pytest.raises(SourceError, match="cut off"):
        WorkbookSource(path, SourceOptions())


def test_a_bomb_is_refused(path: Path, book: xlsxwriter.Workbook) -> None:
    fill(book, "A", ("pergunta",), ("Abre?",))
    book.close()
    with ZipFile(path, "a", ZIP_DEFLATED) as package, package.open("xl/b.xml", "w") as file:
        for _ in range(600):
            file.write(bytes(1 << 20))
    with pytest.raises(SourceError, match="unpack"):
        WorkbookSource(path, SourceOptions())


def test_an_empty_workbook_is_told(book: xlsxwriter.Workbook) -> None:
    book.add_worksheet("A")
    with pytest.raises(SourceError, match="no rows"):
        read(book)
