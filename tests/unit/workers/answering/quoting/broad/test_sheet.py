from datetime import date

from ingestion.knowledge.chunk import Chunk
from tests.unit.workers.answering.quoting.broad.documents import TODAY, chunks, document
from workers.answering.quoting.broad.sheet import cells_of, sheet_of


def test_a_section_is_what_stands_under_one_heading_in_lines_that_a_patient_reads() -> None:
    sheet = document("Preparo", Dieta="Coma leve.\n- Pode: arroz.\n- Não pode:\nmilho.")
    (section,) = sheet.sections
    assert section.heading == ("Dieta",)
    assert section.lines[:2] == ("Coma leve.", "- Pode: arroz.")
    excerpt = section.excerpt(titled=True)
    assert excerpt.heading == "Preparo \u2013 Dieta"
    assert excerpt.text.startswith("Coma leve.\n- Pode: arroz.")
    assert (excerpt.citation.heading, excerpt.citation.page) == ("Dieta", 1)


def test_a_section_that_was_cut_is_whole_again() -> None:
    parts = [Chunk("Um.", "T", ("A",)), Chunk("Dois.", "T", ("A",), order=1)]
    sheet = sheet_of("t", parts, TODAY)
    assert sheet is not None
    assert [section.lines for section in sheet.sections] == [("Um.", "Dois.")]


def test_a_row_is_an_item_that_begins_with_its_first_cell() -> None:
    sheet = document("Preços", A=("Exame: Raio X; Preço: R$ 90,00",))
    assert sheet.sections[0].excerpt(titled=False).text == "- Raio X \u2013 Preço: R$ 90,00"


def test_a_semicolon_in_a_cell_ends_none() -> None:
    assert cells_of("Plano: Ouro; Cobre: canal; siso; Nota: um") == [
        ("Plano", "Ouro"),
        ("Cobre", "canal; siso"),
        ("Nota", "um"),
    ]


def test_what_held_until_a_day_is_no_sheet_any_more() -> None:
    table = chunks("Convênios", _="Tabela válida até 31/12/2026.", A=("Plano: Ouro; Vale: sim",))
    assert sheet_of("t", table, TODAY) is not None
    assert sheet_of("t", table, date(2027, 1, 2)) is None
    assert sheet_of("t", chunks("Aviso de 2025", A="Fechamos."), TODAY) is None


def test_a_line_of_days_that_are_over_is_left_out() -> None:
    sheet = document("Horários", A="Das 8h às 18h.\nEm 24/12/2025 fechamos.")
    assert sheet.sections[0].lines == ("Das 8h às 18h.",)


def test_a_page_s_footer_and_pairs_are_no_section() -> None:
    footer = document("Preparo", A="Jejum de 8 horas.\nFolha da clínica. Página 1 de 2")
    assert footer.sections[0].lines == ("Jejum de 8 horas.",)
    assert sheet_of("faq", [Chunk("Abre?\nSim.", "FAQ", questions=("Abre?",))], TODAY) is None
