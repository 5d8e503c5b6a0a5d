import pytest

from workers.channels.backfill.sources.whatsapp.wording import (
    only_replies,
    says_nothing,
    wordless,
)


@pytest.mark.parametrize("text", ["?", "??!", "🙏🙏", "❤️", "...", ""])
def test_signs_alone_are_wordless(text: str) -> None:
    assert wordless(text)


@pytest.mark.parametrize("text", ["oi", "2", "ç"])
def test_a_letter_or_digit_is_a_word(text: str) -> None:
    assert not wordless(text)


@pytest.mark.parametrize(
    "text",
    [
        "Esta é uma mensagem automática. Retornaremos assim que possível.",
        "A Clínica Bem Viver agradece o seu contato.",
        "Agradecemos sua mensagem! Em breve responderemos.",
        "Olá! Seja bem-vindo à Clínica. Digite 1 para exames",
        "No momento não estamos disponíveis",
        "Você está fora do horário de atendimento",
        "Thank you for contacting us!",
    ],
)
def test_what_a_telephone_answers_by_itself(text: str) -> None:
    assert says_nothing(text) == "automatic"


@pytest.mark.parametrize(
    "text",
    [
        "Bom dia, Maria!",
        "Boa tarde dona Lúcia, tudo bem?",
        "Olá, em que posso ajudar?",
        "Bom dia! Como posso te ajudar?",
        "Olá, me chamo Carla, em que posso ajudar?",
        "Boa tarde, aqui é a Rita da recepção. Como podemos ajudar?",
        "Em que posso ajudá-la?",
        "Vou ver se pode e já te aviso",
        "Só um momento, por favor",
        "Vou verificar com o médico e já te retorno",
        "Aguarde um instante",
        "De nada, Maria! Ótimo fim de semana",
        "Imagina, qualquer dúvida é só chamar",
        "👍",
        "Obrigada!",
    ],
)
def test_what_a_clinic_says_without_answering(text: str) -> None:
    assert says_nothing(text) == "clinic"


@pytest.mark.parametrize(
    "text",
    [
        "Atendemos sim",
        "R$ 180,00",
        "Bom dia, Maria! Fazemos sim, com pedido médico",
        "Não precisa",
        "Olá! Atendemos sim, em que posso ajudar?",
        "Bom dia! Temos sim, só um momento que passo o valor",
        "Pode sim, vou verificar os horários",
        "Vou verificar, mas o valor é R$ 200,00",
        "Das 8h às 18h",
        "Qual o seu convênio?",
        "Pode sim",
    ],
)
def test_what_answers(text: str) -> None:
    assert says_nothing(text) is None


@pytest.mark.parametrize(
    ("text", "clinic_said"),
    [
        ("sim", "Confirma sua consulta?"),
        ("Sim, por favor", "Quer agendar?"),
        ("12/05/1980", "Qual a data de nascimento?"),
        ("CPF 123.456.789-09", "Me informe o CPF"),
        ("Maria Aparecida da Silva", "Qual o seu nome completo?"),
        ("Nome: Maria\nCPF: 12345678909", "Preciso do nome e CPF"),
        ("maria@example.com", "Qual o seu e-mail?"),
        ("de manhã", "Prefere de manhã ou à tarde?"),
        ("quinta às 15h", "Que dia prefere?"),
        ("pode ser", "Quinta às 15h, pode ser?"),
        ("2", "Digite 1 para consultas"),
        ("41 99876-1234", "Me passa um telefone"),
    ],
)
def test_what_only_tells_what_the_clinic_asked_for(text: str, clinic_said: str) -> None:
    assert only_replies(text, clinic_said)


@pytest.mark.parametrize(
    ("text", "clinic_said"),
    [
        ("e quanto custa?", "Confirma sua consulta?"),
        ("sim", ""),
        ("sim", "Atendemos das 8h às 18h"),
        ("Bem-te-vi Saúde", "Qual o seu convênio?"),
        ("hemograma e glicemia", "Quais exames?"),
        ("dor no peito e falta de ar", "Qual o seu nome?"),
        ("estou com febre", "Qual o seu nome?"),
        ("quero saber o valor da consulta", "Qual o seu nome?"),
        ("Maria, queria remarcar", "Qual o seu nome?"),
        ("precisa levar pedido", "Qual o seu nome?"),
        ("tem vaga amanhã", "Qual o seu nome?"),
        ("CPF 123.456.789-09, dor forte no peito", "Me informe o CPF"),
        ("2?", "Digite 1 para consultas"),
        ("sim " * 200, "Confirma?"),
    ],
)
def test_what_may_ask_something(text: str, clinic_said: str) -> None:
    assert not only_replies(text, clinic_said)
