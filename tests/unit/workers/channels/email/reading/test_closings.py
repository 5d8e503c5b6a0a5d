import pytest

from tests.unit.workers.channels.email.letters import letter
from workers.channels.email.reading.closings import asks
from workers.channels.email.reading.new_text import new_text


def new_words(text: str) -> str:
    return new_text(letter({"Subject": "Re: x"}, text)).text


@pytest.mark.parametrize(
    "text",
    [
        "Att: preciso do laudo até sexta",
        "Best time to call is 10am. Is that ok?",
        "Bom dia\nBoa tarde\nqual o preço",
        "Obrigada\n\nSeria possível trocar o horário para as 15h.",
        "Agradeço o retorno. Mas o exame é para minha mãe",
        "No aguardo da autorização da Unimed para marcar",
        "Grata se puderem me ligar",
        "Valeu a pena fazer o exame, qual o próximo passo",
        "Obrigado, mas prefiro outro dia",
        "Meu pedido:\n\nExame: hemograma\nPaciente: João\nTelefone: 20 99999-0000",
        "- exame de sangue\n- ultrassom\n--\nposso fazer os dois no mesmo dia",
        "Dr. Carlos Souza",
        "Ana Souza",
        "Ok",
    ],
)
def test_what_only_begins_like_a_closing_stays(text: str) -> None:
    assert new_words(text) == text


@pytest.mark.parametrize(
    "closing",
    [
        *("Att,\nAna", "Att. Ana Souza", "Atenciosamente,\n\nAna Souza\nAnalista de sistemas"),
        *("Abs", "Um forte abraço, Ana", "obg ana", "Desde já agradeço a atenção.\nAna"),
        *("Obrigada!", "Grata, aguardo retorno.\n\nAna", "Kind regards\nAna", "Thanks, Ana"),
        *("Ana", "Ana Souza\n(20) 99999-0000", "--\nAna Souza", "-- \nqualquer lema da empresa"),
        "Maria Prado\nRecepcionista\nmaria@x.example",
    ],
)
def test_a_closing_goes_with_what_follows(closing: str) -> None:
    assert new_words(f"Qual o preço?\n\n{closing}") == "Qual o preço?"


def test_a_postscript_stays() -> None:
    text = "Qual o preço?\n\nAtt,\nAna\n\nPS: somos dois\n\nPodemos ir juntos?"
    assert new_words(text) == "Qual o preço?\n\nPS: somos dois\n\nPodemos ir juntos?"


def test_a_link_asks_nothing() -> None:
    assert asks("Posso ir?")
    assert not asks("https://clinica.example/?q=1")
