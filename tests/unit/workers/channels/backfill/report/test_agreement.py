import pytest

from workers.channels.backfill.report.agreement import Agreement, agreement


@pytest.mark.parametrize(
    ("question", "ours", "theirs", "expected"),
    [
        ("Qual o jejum?", "O jejum é de 8 horas.", "jejum de 12 horas", Agreement.DIFFERS),
        ("Quanto custa?", "A consulta custa R$ 200,00.", "R$ 250,00", Agreement.DIFFERS),
        ("Posso tomar água?", "Sim, pode tomar água.", "não pode tomar água", Agreement.DIFFERS),
        ("Qual o jejum?", "O jejum é de 8 horas.", "8h", Agreement.AGREES),
        ("Unimed?", "Aceitamos Unimed e Bradesco.", "Aceitamos Unimed sim", Agreement.AGREES),
        ("Onde fica?", "Rua das Flores, 12.", "do lado do mercado", Agreement.UNCLEAR),
        (
            "Quando pode dirigir?",
            "Só volte a dirigir depois que o médico liberar, em geral com 7 dias.",
            "Por 24 horas não pode dirigir",
            Agreement.UNCLEAR,
        ),
        ("Quanto?", "A dose custa R$ 110,00.", "R$ 110,00 na unidade Centro.", Agreement.UNCLEAR),
        ("Quanto?", "R$ 110,00 na Unidade Centro.", "R$ 110,00, no Centro", Agreement.AGREES),
        ("Jejum de 8 horas?", "Sim, de 8 horas.", "Sim", Agreement.UNCLEAR),
    ],
)
def test_two_answers_are_compared(
    question: str, ours: str, theirs: str, expected: Agreement
) -> None:
    assert agreement(question, ours, theirs) is expected
