import pytest

from workers.channels.email.sending.blocks import Block, Run, blocks, plain, starred
from workers.channels.markup import marked_lines


def test_a_text_is_paragraphs_lists_and_headings() -> None:
    lines = marked_lines("# Preparo\nVenha às 7h.\nTraga:\n- pedido\n* **carteirinha**\n\nAté já.")
    assert blocks(lines) == [
        Block("heading", ((Run("Preparo"),),)),
        Block("text", ((Run("Venha às 7h."),), (Run("Traga:"),))),
        Block("list", ((Run("pedido"),), (Run("carteirinha", bold=True),))),
        Block("text", ((Run("Até já."),),)),
    ]
    assert plain(lines) == ("Preparo\nVenha às 7h.\nTraga:\n- pedido\n- *carteirinha*\n\nAté já.")


def test_two_headings_are_two() -> None:
    assert [block.kind for block in blocks(marked_lines("# Um\n# Dois"))] == ["heading"] * 2


def test_a_word_of_ours_between_stars_is_bold() -> None:
    [block] = blocks(starred("Escreva *atendente*, não 2*3*4."))
    assert block.lines[0] == (
        Run("Escreva "), Run("atendente", bold=True), Run(", não 2*3*4."),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown", "href"),
    [
        ("Veja https://x.example/a?b=1&c=2.", "https://x.example/a?b=1&c=2",
         "https://x.example/a?b=1&c=2"),
        ("(em www.x.example)", "www.x.example", "https://www.x.example"),
        ("Escreva a ana@x.example!", "ana@x.example", "mailto:ana@x.example"),
        ("[Mapa](https://x.example/mapa)", "https://x.example/mapa", "https://x.example/mapa"),
    ],
)  # fmt: skip
def test_addresses_can_be_touched(text: str, shown: str, href: str) -> None:
    [block] = blocks(marked_lines(text))
    assert Run(shown, href=href) in block.lines[0]
    assert "".join(run.text for run in block.lines[0]) == marked_lines(text)[0]


@pytest.mark.parametrize("text", ["javascript:alert(1)", "[x](javascript:alert(1))", "data:x,y"])
def test_what_is_no_address_of_the_web_leads_nowhere(text: str) -> None:
    assert all(run.href is None for block in blocks(marked_lines(text)) for run in block.lines[0])


def test_in_what_a_stranger_wrote_nothing_leads_anywhere() -> None:
    [block] = blocks(["- veja https://mau.example ou a@mau.example"], linked=False)
    assert block.lines == ((Run("veja https://mau.example ou a@mau.example"),),)
