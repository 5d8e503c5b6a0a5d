from ingestion.parsing import parse
from ingestion.parsing.document import Prose, Table

PAGE = """<!doctype html><html><head><title>Clínica | Preços</title></head><body>
<nav>Início Contato</nav><h1>Preços</h1><p>Valores de 2026.</p>
<table><caption>Exames</caption>
<thead><tr><th rowspan="2">Exame</th><th colspan="2">Preço</th></tr>
<tr><th>Particular</th><th>Convênio</th></tr></thead>
<tr><td>Holter<br>24 horas</td><td>R$&nbsp;200 | à vista</td><td rowspan="2">R$ 90</td></tr>
<tr><td>MAPA</td><td><ul><li>R$ 180</li><li>Pix</li></ul></td></tr></table>
<p>Sem <b>taxa</b>.</p></body></html>"""


def test_tables_keep_merged_cells_and_both_header_rows() -> None:
    document = parse(PAGE.encode(), "precos.html")
    assert document.title == "Preços"
    assert document.sections == (
        Prose("Valores de 2026.\n\nExames"),
        Table(
            ("Exame", "Preço Particular", "Preço Convênio"),
            (
                ("Holter 24 horas", "R$ 200 | à vista", "R$ 90"),
                ("MAPA", "R$ 180 Pix", "R$ 90"),
            ),
        ),
        Prose("Sem **taxa**."),
    )


def test_a_table_that_lays_out_a_page_is_no_table() -> None:
    page = (
        "<html><body><table><tr><td>Menu</td><td><h2>Jejum</h2><p>Oito horas.</p>"
        "<table><tr><th>Exame</th><th>Jejum</th></tr><tr><td>TSH</td><td>4 h</td></tr></table>"
        "</td></tr></table></body></html>"
    )
    assert parse(page.encode(), "x.html").sections == (
        Prose("Menu"),
        Prose("Oito horas.", ("Jejum",)),
        Table(("Exame", "Jejum"), (("TSH", "4 h"),), ("Jejum",)),
    )


def test_spans_that_lie_and_deep_nesting_are_read() -> None:
    page = "<html><body><table><tr><td colspan=99999999>a</td><td rowspan=x>b</td></tr>"
    page += "<tr><td>c</td><td>d</td></tr></table>" + "<div>" * 500 + "fundo" + "</div>" * 500
    text = str(parse(page.encode(), "x.html").sections)
    assert all(word in text for word in ("'a'", "'b'", "'c'", "'d'", "fundo"))
