from datetime import date, datetime, time, timedelta

from ingestion.parsing import parse
from ingestion.parsing.document import Answer, Prose, Table
from ingestion.parsing.sheets import cell_text
from tests.unit.ingestion.parsing.office_files import open_document, sheet, workbook


def test_sheets_are_pages_and_headings_and_blocks_have_their_line_above() -> None:
    data = workbook(
        {
            "Preços": sheet(
                [
                    ["Tabela de 2026"],
                    ["Exame", "Preço", "Preço"],
                    [None, "Particular", "Convênio"],
                    ["Holter", 200, 89.9],
                    [None],
                    ["Aviso"],
                    [None],
                    ["Exame", "Jejum"],
                    ["TSH", "4 horas"],
                ],
                merged=["A2:A3"],
            ),
            "Interno": sheet([["segredo"]]),
            "Unidades": sheet([["Centro"], ["Jardim"]]),
        },
        hidden=["Interno"],
    )
    document = parse(data, "precos.xlsx")
    assert document.sections == (
        Table(
            ("Exame", "Preço Particular", "Preço Convênio"),
            (("Holter", "200", "89,9"),),
            ("Preços", "Tabela de 2026"),
            1,
        ),
        Table(("Exame", "Jejum"), (("TSH", "4 horas"),), ("Preços", "Aviso"), 1),
        Prose("Centro\nJardim", ("Unidades",), 2),
    )
    assert document.pages == 2
    assert document.notes == (
        "Hidden sheets were not read: Interno. Unhide what patients may know.",
    )


def test_pairs_in_a_sheet_are_pairs() -> None:
    rows: list[list[str | float | None]] = [
        ["Pergunta", "Resposta", "Setor"],
        ["Tem vaga?", "Sim.", "Recepção"],
        ["Café?", "", None],
    ]
    assert parse(workbook({"FAQ": sheet(rows)}), "faq.xlsx").sections == (
        Answer("Tem vaga?", "Sim.\nSetor: Recepção", (), 1),
        Answer("Café?", "", (), 1),
    )


def test_an_open_document_s_sheet_is_read_alike() -> None:
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p>'
            "</table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in [("Exame", "Jejum"), ("TSH", "4 horas")]
    )
    data = open_document("spreadsheet", f'<table:table table:name="A">{rows}</table:table>')
    expected = (Table(("Exame", "Jejum"), (("TSH", "4 horas"),), (), 1),)
    assert parse(data, "a.ods").sections == expected


def test_values_are_shown_as_a_brazilian_spreadsheet_shows_them() -> None:
    assert [cell_text(value) for value in (120.0, 89.9, 12345678901.0, True, 7)] == [
        "120",
        "89,9",
        "12345678901",
        "sim",
        "7",
    ]
    assert cell_text(datetime(2026, 3, 1, 14, 30)) == "01/03/2026 14:30"  # noqa: DTZ001 - no zone there
    assert cell_text(datetime(2026, 3, 1)) == cell_text(date(2026, 3, 1)) == "01/03/2026"  # noqa: DTZ001
    assert (cell_text(time(8, 5)), cell_text(timedelta(hours=26))) == ("08:05", "26:00")
