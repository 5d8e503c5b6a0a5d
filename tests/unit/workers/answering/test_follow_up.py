from dataclasses import replace

import pytest

from workers.answering.follow_up import FORGOTTEN_SECONDS, asks, follow_up_of, stands_alone
from workers.contracts.conversation import Turn


def turns(*questions: str, at: float = 0.0) -> list[Turn]:
    return [Turn(question=each, answer="Sim.", at=at) for each in questions]


@pytest.mark.parametrize(
    "question",
    [
        "e quanto custa?",
        "precisa de jejum?",
        "e no sábado?",
        "qto tempo demora p/ ficar pronto o laudo?",
        "ele cobre vitamina D?",
        "cobre ressonância?",
        "e pra colesterol?",
        "vocês fazem com sedação?",
        "vocês têm desconto?",
        "aceita cartão?",
        "posso tomar banho com ele?",
        "quanto custa? e em quanto tempo sai o resultado?",
        "and how much is it?",
    ],
)
def test_what_says_not_what_it_is_about_goes_on_from_the_question_before(question: str) -> None:
    follow_up = follow_up_of(question, turns("Vocês fazem mamografia?"), 60.0)
    assert follow_up is not None
    assert follow_up.searched == (question, f"Vocês fazem mamografia? {question}")


@pytest.mark.parametrize(
    "question",
    [
        "Quanto custa o ultrassom transvaginal?",
        "e a mamografia precisa de jejum?",
        "mudando de assunto, tem wi-fi?",
        "Qual o endereço da unidade Mirante?",
        "Quanto custa a consulta com o cardiologista?",
        "Vocês atendem crianças?",
        "Onde fica a clínica?",
        "A que horas a clínica abre?",
        "Qual o telefone da clínica?",
        "Tem estacionamento na unidade Jardim?",
        "Quanto custa a mamografia?",
        "Precisa de jejum para colonoscopia?",
        "Posso tomar água antes da endoscopia?",
        "Em quanto tempo sai o resultado da biópsia?",
        "Vocês fazem coleta domiciliar?",
        "Quais são as formas de pagamento?",
        "Menor de idade pode ir sozinho na consulta?",
        "A vacina da gripe é quanto?",
        "Precisa de encaminhamento para o cardiologista?",
        "Qual a tolerância de atraso?",
        "A clínica abre no feriado?",
        "Vocês têm acesso para cadeirante?",
        "Quanto é a consulta com dermatologista?",
        "Qual é o horário de funcionamento no sábado?",
        "quais convênios vocês aceitam?",
        "Operei de hérnia faz 3 dias, posso tomar banho?",
        "e quem ganhou o jogo do Flamengo ontem?",
    ],
)
def test_a_whole_new_question_forgets_what_was_said(question: str) -> None:
    assert stands_alone(question)
    assert follow_up_of(question, turns("Vocês fazem colonoscopia?"), 60.0) is None


def test_half_an_hour_of_silence_forgets_what_was_said() -> None:
    before = turns("Vocês fazem mamografia?", at=100.0)
    assert follow_up_of("e quanto custa?", before, 100.0 + FORGOTTEN_SECONDS) is not None
    assert follow_up_of("e quanto custa?", before, 101.0 + FORGOTTEN_SECONDS) is None


def test_without_turns_nothing_is_gone_on_from() -> None:
    assert follow_up_of("e quanto custa?", (), 60.0) is None


def test_a_chain_of_follow_ups_leads_back_to_what_it_is_about() -> None:
    chain = turns("Vocês fazem colonoscopia?", "Precisa de jejum pra glicemia?", "e colesterol?")
    follow_up = follow_up_of("e TSH?", chain, 60.0)
    assert follow_up is not None
    assert follow_up.before == "Precisa de jejum pra glicemia? e colesterol?"


@pytest.mark.parametrize("courtesy", ["Oi, bom dia!", "obrigada!", "ok", "👍"])
def test_a_courtesy_is_nothing_to_go_on_from(courtesy: str) -> None:
    assert follow_up_of("e quanto custa?", turns(courtesy), 60.0) is None
    follow_up = follow_up_of("e quanto custa?", turns("Fazem mamografia?", courtesy), 60.0)
    assert follow_up is not None
    assert follow_up.before == "Fazem mamografia?"


def test_each_part_of_a_follow_up_has_its_meaning() -> None:
    follow_up = follow_up_of(
        "quanto custa e precisa de jejum?", turns("Fazem densitometria?"), 60.0
    )
    assert follow_up is not None
    texts = [meaning.text for meaning in follow_up.meanings]
    assert texts == ["densitometria: quanto custa", "densitometria: precisa de jejum"]


def test_a_fragment_asks_nothing_by_itself() -> None:
    assert [asks(text) for text in ("e a do Mirante?", "e com contraste?", "e quanto?")] == [
        False,
        False,
        True,
    ]


def test_a_rewritten_question_is_searched_and_read_in_place_of_both() -> None:
    follow_up = follow_up_of("e quanto custa?", turns("Vocês fazem mamografia?"), 60.0)
    assert follow_up is not None
    rewritten = replace(follow_up, rewritten="Quanto custa a mamografia?")
    assert rewritten.searched == ("e quanto custa?", "Quanto custa a mamografia?")
    assert (rewritten.asked, follow_up.asked) == ("Quanto custa a mamografia?", "e quanto custa?")
    (meaning,) = rewritten.meanings
    assert meaning.text == "Quanto custa a mamografia"
    assert meaning.subject == {"mamogr"}
