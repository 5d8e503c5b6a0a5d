from fpdf import FPDF

from ingestion.parsing import parse
from ingestion.parsing.document import Prose, Table
from ingestion.parsing.pdf.page import Line, Page
from ingestion.parsing.pdf.sections import paragraphs, sections_of, without_running_heads


def test_a_full_line_goes_on_in_the_next() -> None:
    texts = [
        "Quem toma remédio para o coração mantém o",
        "horário de costume.",
        "- Traga os exames anteriores de imagem, se",
        "tiver.",
        "- Venha com alguém.",
    ]
    lines = [Line(text, 11) for text in texts]
    assert paragraphs(lines).split("\n") == [
        "Quem toma remédio para o coração mantém o horário de costume.",
        "- Traga os exames anteriores de imagem, se tiver.",
        "- Venha com alguém.",
    ]
    assert paragraphs([]) == ""


def test_a_letterhead_goes_below_the_title() -> None:
    page: Page = [
        Line("Clínica", 9),
        Line("Preparo", 18),
        Line("Venha em jejum de oito horas.", 11),
    ]
    assert sections_of([page]) == (
        Prose("Clínica\nVenha em jejum de oito horas.", ("Preparo",), 1),
    )


def test_a_title_over_two_lines_is_one_heading() -> None:
    body = "Venha em jejum de oito horas, com o pedido médico e os exames anteriores da mesma área."
    title = Line("Preparo para ultrassom de abdome total e ultrassom", 18, room=len(body))
    page: Page = [title, Line("pélvico", 18, room=len(body)), Line(body, 11, room=len(body))]
    assert sections_of([page]) == (
        Prose(body, ("Preparo para ultrassom de abdome total e ultrassom pélvico",), 1),
    )


def test_a_short_heading_does_not_go_on_in_the_next() -> None:
    body = "Venha em jejum de oito horas, com o pedido médico e os exames anteriores da mesma área."
    lines = ("Exames", "Endoscopia", body)
    page: Page = [Line(text, 11 if text == body else 18, room=len(body)) for text in lines]
    assert [each.text for each in sections_of([page]) if isinstance(each, Prose)] == [
        "Exames",
        body,
    ]


def test_running_heads_stay_once() -> None:
    pages: list[Page] = [
        [Line("Clínica", 9), Line(f"texto {n * 'x'}", 11), Line(f"{n} de 3", 9)] for n in range(3)
    ]
    texts = [
        [line.text for line in page if isinstance(line, Line)]
        for page in without_running_heads(pages)
    ]
    assert texts == [["Clínica", "texto ", "0 de 3"], ["texto x"], ["texto xx"]]


def test_headings_that_nothing_follows_become_text() -> None:
    body = "Atendemos de segunda a sexta, das 8h às 18h, nas unidades Centro, Jardim e Mirante."
    pages: list[Page] = [[Line(body, 10), Line("Fechado aos domingos", 14)], [Line("Fim", 14)]]
    texts = [each.text for each in sections_of(pages) if isinstance(each, Prose)]
    assert texts == [body, "Fechado aos domingos", "Fim"]


def test_a_table_goes_on_over_the_page_under_its_header() -> None:
    names = [f"Exame {chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(60)]
    file = FPDF()
    file.add_page()
    file.set_font("Helvetica", size=11)
    with file.table(repeat_headings=0, first_row_as_headings=False) as table:
        for row in [("Exame", "Jejum"), *((name, "sim") for name in names)]:
            table.row(row)
    sections = parse(bytes(file.output()), "x.pdf").sections
    assert {each.page for each in sections} == {1, 2}
    assert all(isinstance(each, Table) and each.header == ("Exame", "Jejum") for each in sections)
    rows = [row for each in sections if isinstance(each, Table) for row in each.rows]
    assert rows == [(name, "sim") for name in names]


def test_bold_lines_head_what_follows() -> None:
    file = FPDF()
    file.add_page()
    for style, text in [
        ("B", "Jejum"),
        ("", "Fique oito horas sem comer antes do exame de sangue."),
        ("B", "Acompanhante"),
        ("", "Venha com um adulto, que fica na clínica até o fim do exame."),
    ]:
        file.set_font("Helvetica", style, size=11)
        file.cell(text=text, new_x="LMARGIN", new_y="NEXT")
    headings = [each.heading for each in parse(bytes(file.output()), "x.pdf").sections]
    assert headings == [("Jejum",), ("Acompanhante",)]
