import pytest

from workers.channels.email.reading.pages import own_text, page_text


def test_a_page_is_read_as_it_is_seen() -> None:
    page = (
        "<style>p{}</style><p>Bom dia,</p><div><b>Ana</b><div>Recepção</div></div>"
        "<div style='display:none'>oculto</div><ul><li>um</li><li>dois</li></ul>"
    )
    assert page_text(page) == "Bom dia,\n\nAna\nRecepção\n\n- um\n- dois"


@pytest.mark.parametrize(
    "quoted",
    [
        "<div class='gmail_quote'><p class='gmail_attr'>Em</p><blockquote>x?</blockquote></div>",
        "<div class='gmail_quote'>Forwarded<div><blockquote>y</blockquote><p>x?</p></div></div>",
        "<blockquote type='cite'>x?</blockquote>",
        "<div class='yahoo_quoted'>x?</div>",
        "<div id='divRplyFwdMsg'>De: x</div><div>x?</div>",
        "<div style='border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>De:</div><p>x?</p>",
        "<div class='moz-cite-prefix'>Em …</div><blockquote type='cite'>x?</blockquote>",
    ],
)
def test_what_programs_mark_as_quoted_is_cut(quoted: str) -> None:
    assert own_text(f"<div>Qual o preço?</div>{quoted}") == ("Qual o preço?", ("quote",))


def test_answers_between_quotes_stay() -> None:
    page = (
        "<div class='gmail_quote'><div class='gmail_attr'>Em …:</div><blockquote>a?</blockquote>"
        "<div>Unimed</div><blockquote>b?</blockquote><div>Sim</div></div>"
    )
    assert own_text(page) == ("Unimed\nSim", ("quote",))


def test_a_marked_signature_is_cut_but_not_a_question_inside_it() -> None:
    page = "<div>Oi</div><div class='gmail_signature'>{}</div>"
    assert own_text(page.format("Ana<br>20 99999-0000")) == ("Oi", ("signature",))
    assert own_text(page.format("Ana<br>Qual o preço?")) is None


@pytest.mark.parametrize("page", ["", "   ", "<", "\x00", "<!--", "<p>" * 2000, "<div>" * 2000])
def test_damaged_pages_are_read(page: str) -> None:
    page_text(page)
    own_text(page)
