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
        "Av. 9 de Julho, 2015",
        "Ficamos na Rua Dr. José Alves, nº 2020, no centro.",
        "Avenida Afonso Pena nº 2023, sala 4",
        "Rod. BR-040, km 2015",
    ],
)
def test_a_number_that_is_no_year_or_stands_behind_a_street_is_not_over(text: str) -> None:
    assert not is_past(text, TODAY)


@pytest.mark.parametrize(
    "text",
    ["Em 24/12/2025 fechamos.", "Natal de 2025", "2024-2025", "R$ 50 em 2024", "R$ 50, 2024"],
)
def test_a_day_or_year_before_today_is_over(text: str) -> None:
    assert is_past(text, TODAY)


@pytest.mark.parametrize(
    "text",
    ["Na Av. Brasil, 24/12/2025 é feriado.", "Praça da Sé, 2001: sem coleta no Natal de 2024"],
)
def test_nor_does_a_house_s_number_hide_a_day_that_is_over(text: str) -> None:
    assert is_past(text, TODAY)
