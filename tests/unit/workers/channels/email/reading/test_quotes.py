import pytest

from tests.unit.workers.channels.email.letters import letter
from workers.channels.email.reading.new_text import new_text
from workers.channels.email.reading.quotes import quote_start


@pytest.mark.parametrize(
    "intro",
    [
        "Em seg., 23 de nov. de 2026 às 10:12, Clínica <a@x.example> escreveu:",
        "Em seg., 23 de nov. de 2026 às 10:12, Clínica <\na@x.example> escreveu:",
        "Em seg., 23 de nov. de 2026 às 10:12,\nClínica Vila Serena\n<a@x.example>\nescreveu:",
        "Em 23/11/2026 10:12, Clínica escreveu:",
        "> Em 23 de nov. de 2026, à(s) 10:12, Clínica <a@x.example> escreveu:",
        "Clínica <a@x.example> escreveu (segunda, 23/11/2026 à(s) 10:12):",
        "Citando Clínica <a@x.example>:",
        "On Mon, Nov 23, 2026 at 10:12 AM Clinic <a@x.example> wrote:",
        "On Mon, Nov 23, 2026 at 10:12 AM Clinic <a@x.example>\nwrote:",
        "-----Mensagem original-----",
        "-------- Mensagem original --------",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "---------- Mensagem encaminhada ---------",
        "Início da mensagem encaminhada:",
        "De: Clínica\nEnviada em: segunda\nPara: Ana\nAssunto: x",
        "*De:* Clínica\n*Enviado:* segunda\n*Para:* Ana\n*Assunto:* x",
        "From: Clinic\nSent: Monday\nTo: Ana\nSubject: x",
        "________________________________\nDe: Clínica\nEnviado: segunda\nAssunto: x",
        "---- Em seg., 23 nov. 2026 10:12:04 -0300 Clínica <a@x.example> escreveu ----",
    ],
)
def test_a_quote_begins_with_its_introduction(intro: str) -> None:
    lines = ["Qual o preço?", "", *intro.split("\n"), "", "Olá."]
    assert quote_start(lines) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Em 10/11 o médico escreveu:\nsuspender o AAS",
        "De: segunda\nPara: quinta\nData: 10/12\n\nquero trocar",
        "________________________________\nposso ir?",
        "De manhã posso?\nPara quem é?",
        "A mensagem original sumiu, reenviam?",
    ],
)
def test_what_only_looks_like_an_introduction_is_none(text: str) -> None:
    assert quote_start(text.split("\n")) is None


def test_a_line_that_a_program_broke_belongs_to_the_quote() -> None:
    quoted = "> " + "palavra " * 9 + "e\nágua.\n> mais\n\nSim, posso?"
    assert new_text(letter({"Subject": "Re: x"}, quoted)).text == "Sim, posso?"
