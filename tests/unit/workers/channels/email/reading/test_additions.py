import pytest

from workers.channels.email.reading.additions import (
    disclaimer_start,
    warning_end,
    without_additions,
)

LEGAL = "Esta mensagem pode conter informação confidencial. Caso não seja o destinatário, apague-a."


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Enviado do meu iPhone",
            "Enviado do meu smartphone Samsung Galaxy.",
            "Sent from my iPad",
        ),
        *("Enviado do Outlook para Android", "Obter o Outlook para iOS<https://aka.ms/o0ukef>"),
        *("Enviado via UOL Mail", "Enviado do Yahoo Mail no Android", "Get Outlook for Android"),
        *("Livre de vírus. www.avast.com", "Virus-free.www.avast.com", "<https://avast.com/x>"),
        *("Livre\nde vírus.www.avast.com", "Antes de imprimir, pense no meio ambiente."),
        "This email has been checked for viruses by Avast antivirus software.",
    ],
)
def test_lines_of_programs_go(line: str) -> None:
    assert without_additions(["Posso ir?", *line.split("\n")]) == ["Posso ir?"]


@pytest.mark.parametrize(
    "line", ["Enviado do laboratório o resultado?", "Vírus pega na sala de espera?", "iPhone", ""]
)
def test_lines_of_patients_stay(line: str) -> None:
    assert without_additions(["Oi", line]) == ["Oi", line]


def test_a_link_that_was_announced_stays() -> None:
    assert without_additions(["O pedido:", "https://x.example/1"])[1:] == ["https://x.example/1"]


def test_legal_words_begin_where_they_begin() -> None:
    assert disclaimer_start(["Posso ir?", "", LEGAL]) == 2
    assert disclaimer_start([LEGAL]) is None
    assert disclaimer_start(["Oi", "LGPD: vocês compartilham meus dados? Quero sigilo."]) is None


def test_a_gateways_warning_ends_where_the_mail_begins() -> None:
    warning = "CUIDADO: e-mail de fora da organização. Não clique em links."
    assert warning_end([warning, "", "Posso ir?"]) == 1
    assert warning_end(["[EXTERNO]", "", "Posso ir?"]) == 1
    assert warning_end(["Atenção: este e-mail tem o pedido nos anexos", "", "Posso ir?"]) == 0
    assert warning_end([warning]) == 0
