from hypothesis import given
from hypothesis import strategies as st

from ingestion.parsing.document import Prose, Table
from ingestion.parsing.html import parse_html
from ingestion.parsing.markdown import from_markdown, parse_text

PAGE = """---
autor: Ana
---
# Preparo

Antes de tudo.

## Jejum

Oito horas.

| Exame | Horas |
| --- | --- |
| Sangue | **8** |
| Colono\\|scopia | 12 |

**Pode beber água?**

Sim.

## Não atendemos aos domingos
"""


def test_headings_tables_and_bold_lines_are_structure() -> None:
    document = from_markdown(PAGE, "preparo.md")
    assert document.title == "Preparo"
    assert document.sections == (
        Prose("Antes de tudo."),
        Prose("Oito horas.", ("Jejum",)),
        Table(("Exame", "Horas"), (("Sangue", "8"), ("Colono|scopia", "12")), ("Jejum",)),
        Prose("Sim.", ("Jejum", "Pode beber água?")),
        Prose("Não atendemos aos domingos"),
    )


def test_a_title_alone_is_still_text() -> None:
    assert from_markdown("# Fechado hoje", "aviso.md").sections == (Prose("Fechado hoje"),)


def test_two_top_headings_are_no_title() -> None:
    document = from_markdown("# A\n\na\n\n# B\n\nb", "duas-partes.md")
    assert document.title == "Duas partes"
    assert document.sections == (Prose("a", ("A",)), Prose("b", ("B",)))


@given(st.text(alphabet="ab#|-*\n `>1.[]()", max_size=200))
def test_any_markdown_is_read_and_keeps_its_letters(text: str) -> None:
    document = from_markdown(text, "x.md", "título")
    letters = document.title + "".join(
        " ".join(section.heading) + (section.text if isinstance(section, Prose) else "ab")
        for section in document.sections
    )
    assert {"a", "b"} & set(text) <= set(letters)


def test_the_lines_in_capitals_that_a_plain_text_begins_with_are_its_title() -> None:
    notice = "\nCLÍNICA SOL\nAVISO DE FIM DE ANO\n\nRECESSO\nFechado.\n\nPLANTÃO\nAberto.\n"
    document = parse_text(notice.encode(), "aviso.txt")
    assert document.title == "CLÍNICA SOL - AVISO DE FIM DE ANO"
    assert document.sections == (Prose("Fechado.", ("RECESSO",)), Prose("Aberto.", ("PLANTÃO",)))
    sheet = parse_text("PREPARO DA COLONOSCOPIA\n\nDieta líquida.\n".encode(), "a.txt")
    assert (sheet.title, sheet.sections) == ("PREPARO DA COLONOSCOPIA", (Prose("Dieta líquida."),))
    bare = parse_text(b"FECHADO HOJE\n", "a.txt")
    assert (bare.title, bare.sections) == ("FECHADO HOJE", (Prose("FECHADO HOJE"),))


def test_capitals_head_plain_text() -> None:
    data = "HORÁRIOS\nDas 8h às 18h.\n\nFERIADOS\nFechado.\n".encode()
    assert parse_text(data, "aviso.txt").sections == (
        Prose("Das 8h às 18h.", ("HORÁRIOS",)),
        Prose("Fechado.", ("FERIADOS",)),
    )


def test_html_leaves_menus_and_scripts_out() -> None:
    page = """<html><head><title>Resultados | Clínica</title><script>var x</script></head><body>
    <nav><a href="/">Início</a></nav><h1>Resultados</h1><p>Em até
    três dias.</p><h2>Retirada</h2><ul><li>Na recepção</li></ul>
    <table><tr><th>Exame</th><th>Prazo</th></tr><tr><td>Sangue</td><td>1 dia</td></tr></table>
    </body></html>"""
    document = parse_html(page.encode(), "resultados.html")
    assert document.title == "Resultados"
    assert document.sections == (
        Prose("Em até três dias."),
        Prose("- Na recepção", ("Retirada",)),
        Table(("Exame", "Prazo"), (("Sangue", "1 dia"),), ("Retirada",)),
    )
