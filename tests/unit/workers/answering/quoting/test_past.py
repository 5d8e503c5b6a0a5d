from datetime import date

import pytest

from workers.answering.quoting.past import is_past

TODAY = date(2026, 9, 1)


@pytest.mark.parametrize(
    "text",
    [
        "Telefone: (11) 3333-2020.",
        "WhatsApp 11 98888 2024",
        "Consulta: R$ 2010,00.",
        "Consulta: 2020 reais.",
        "Beba 2000 ml de água.",
        "Aberto até 2026.",
        "De 2025-2027.",
    ],
)
def test_a_number_that_is_no_year_is_not_over(text: str) -> None:
    assert not is_past(text, TODAY)


@pytest.mark.parametrize(
    "text", ["Em 24/12/2025 fechamos.", "Natal de 2025", "2024-2025", "R$ 50 em 2024"]
)
def test_a_day_or_year_before_today_is_over(text: str) -> None:
    assert is_past(text, TODAY)
