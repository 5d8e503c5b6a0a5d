from ingestion.parsing import parse
from ingestion.parsing.document import Answer, Prose, Table
from tests.unit.ingestion.office import sheet, workbook


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
