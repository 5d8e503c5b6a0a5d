import pytest

from workers.channels.backfill.report.personal import answer_alone, flags


@pytest.mark.parametrize(
    ("answer", "alone"),
    [
        ("Oi Maria, bom dia! O jejum é de 8 horas.", "O jejum é de 8 horas."),
        ("Bom dia, dona Ana Paula. Sim, aceitamos Unimed.", "Sim, aceitamos Unimed."),
        ("Boa tarde Joana! Não precisa de jejum 😊", "Não precisa de jejum 😊"),
        ("Prezado Carlos Eduardo, segue o preparo.", "segue o preparo."),
        ("Olá! Fazemos sim.", "Fazemos sim."),
        ("Boa tarde, tudo bem? O valor é R$ 150,00.", "O valor é R$ 150,00."),
        ("Bom dia! Unimed, Bradesco e Amil.", "Unimed, Bradesco e Amil."),
        ("Sim.", "Sim."),
        ("", ""),
    ],
)
def test_the_greeting_of_one_patient_is_no_part_of_an_answer(answer: str, alone: str) -> None:
    assert answer_alone(answer) == alone


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("O CPF dela é 123.456.789-09", "CPF"),
        ("Ligue (47) 3333-4444", "telefone"),
        ("Mande para o 47 99999-1234", "telefone"),
        ("Escreva para ana.souza@exemplo.com.br", "e-mail"),
        ("O exame foi em 12/03/2026", "data"),
        ("O retorno é dia 5 de maio", "data"),
        ("Bom dia! Maria, pode vir.", "nome"),
        ("Sra. Joana, pode vir", "nome"),
        ("Não precisa parar, Ana. O remédio é tomado como sempre.", "nome"),
        ("A ressonância custa R$ 1.180,00.\n\nRita", "nome"),
        ("A carteirinha 0048123 venceu", "número de documento"),
        ("Seu exame já está pronto", "caso de um paciente"),
        ("Encaixei a senhora às 9h", "caso de um paciente"),
    ],
)
def test_what_may_be_personal_is_marked(text: str, kind: str) -> None:
    assert kind in flags("Pode?", text)
    assert kind in flags(text, "Pode.")


@pytest.mark.parametrize(
    "text",
    [
        "O jejum é de 8 horas, e água pode.",
        "A consulta custa R$ 1.250,00 em até 3 vezes.",
        "Sim, aceitamos Unimed, Bradesco e Amil.",
        "Abrimos às 7h30, de segunda a sexta.",
        "Traga seu pedido médico e um documento com foto.",
        "Atendemos pela Unimed, Bradesco. Reembolso também, sim.",
        "Aceitamos:\nUnimed\nAmil",
    ],
)
def test_what_anybody_may_read_is_not_marked(text: str) -> None:
    assert flags("Qual é?", text) == ()


def test_a_day_that_has_passed_is_marked_in_an_answer_alone() -> None:
    assert flags("Até quando posso desmarcar?", "A de amanhã já não dá mais.") == ("data",)
    assert flags("Posso ir amanhã?", "Sim, sem hora marcada.") == ()
