import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.channels.markup import clean
from workers.channels.whatsapp.format import LOOK_ALIKES, formatted, neutral

BACK = str.maketrans({same: sign for sign, same in LOOK_ALIKES.items()})
#: What WhatsApp would format, read generously: a pair of one sign in a line with something between.
PAIR = re.compile(r"([*_~`])(?:(?!\1)[^\n])+\1")


@pytest.mark.parametrize(
    "text",
    ["2*3*4", "_x_", "~20~ min", "a `b` c", "*importante*", "5 * 2 * 3", "```sudo```", "__init__"],
)
def test_what_a_document_says_reads_as_it_was_written_and_formats_nothing(text: str) -> None:
    shown = formatted(text) if "__" not in text else neutral(text)
    assert shown.translate(BACK) == text
    assert PAIR.search(shown) is None
    assert len(shown) == len(text)


@pytest.mark.parametrize(
    "text",
    ["R$ 50,00*", "~30 minutos", "CRM 1_2", "- Pode: água", "1. Chegue antes", "12h* (sede)"],
)
def test_what_formats_nothing_stays(text: str) -> None:
    assert formatted(text) == text


@pytest.mark.parametrize(
    "address",
    ["https://a.example/b_c_d?e=*f*", "joao_da_silva@clinica.example", "www.x_y_z.example"],
)
def test_addresses_can_be_copied(address: str) -> None:
    assert formatted(f"Veja {address} _já_").startswith(f"Veja {address} ")


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("## Jejum", "*Jejum*"),
        ("# **Jejum** #", "*Jejum*"),
        ("Fique **8 horas** sem comer", "Fique *8 horas* sem comer"),
        ("* água\n+ chá\n• suco", "- água\n- chá\n- suco"),
        ("[Agende](https://a.example/x)", "Agende (https://a.example/x)"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("[Ligue](tel:+552055550140)", "Ligue (+552055550140)"),
        ("![mapa](https://a.example/m.png)", "mapa (https://a.example/m.png)"),
        ("Antes\n\n---\n\n\n\nDepois", "Antes\n\nDepois"),
        ("> 60 anos: 8 horas", "\uff1e 60 anos: 8 horas"),
        (
            "| Exame | Jejum | Preço |\n|---|:-:|---|\n| Raio X | não | R$ 90 |\n| TSH | | R$ 30 |",
            "- Raio X \u2013 Jejum: não; Preço: R$ 90\n- TSH \u2013 Preço: R$ 30",
        ),
        (
            "Exame: Hemograma; Valor: R$ 28,00; Unidade: Centro",
            "Exame: Hemograma\nValor: R$ 28,00\nUnidade: Centro",
        ),
        (
            "O documento fala de: MAPA: preparo; Holter: preparo; Teste: roupa",
            "O documento fala de: MAPA: preparo; Holter: preparo; Teste: roupa",
        ),
        ("a\r\nb\rc\u2028d\x00\u202e", "a\nb\nc\nd"),
    ],
)
def test_markdown_becomes_what_whatsapp_shows(markdown: str, shown: str) -> None:
    assert formatted(markdown) == shown


def test_a_heading_is_bold_and_a_star_in_it_ends_nothing() -> None:
    assert formatted("Preço *\nR$ 10", {"Preço *"}) == "*Preço \u2217*\nR$ 10"


def test_a_name_formats_nothing_beside_whatever_stands_around_it() -> None:
    assert PAIR.search(f"*atendente* {neutral('Clínica *')}".replace("*atendente*", "")) is None
    assert neutral("Clínica\n_Sol") == "Clínica \u02cdSol"


def letters(text: str) -> list[str]:
    """Letters and digits; Unicode counts the sign that stands for an underscore among them."""
    return [char for char in text if char.isalnum() and char != "\N{MODIFIER LETTER LOW MACRON}"]


@given(st.text())
def test_any_text_can_be_sent_and_means_what_it_meant(text: str) -> None:
    shown = formatted(text)
    shown.encode("utf-8")
    kept = letters(clean(text))
    # Only a table repeats its columns' names, and a link may be its address alone.
    if "|" not in text and "](" not in text and "```" not in text and "~~~" not in text:
        assert letters(shown) == kept


@given(st.text("ab *_~`\n", min_size=1))
def test_no_pair_of_a_document_formats(text: str) -> None:
    bold = re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*")
    assert PAIR.search(formatted(bold.sub(r"\1", text).replace("**", ""))) is None


@given(st.text())
def test_formatting_twice_changes_nothing_more(text: str) -> None:
    plain = text.replace("*", "").replace("#", "").replace("|", "").replace("[", "")
    assert formatted(formatted(plain)) == formatted(plain)
