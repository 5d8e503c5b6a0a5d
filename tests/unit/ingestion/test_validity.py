from datetime import date

import pytest

from ingestion.validity import (
    UNSAID,
    Validity,
    ValidityError,
    day_in,
    field_of,
    holds,
    period,
    row_period,
)

MARCH, DECEMBER = date(2026, 3, 1), date(2026, 12, 31)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01", MARCH),
        ("2026-03-01 00:00:00", MARCH),
        ("2026-03-01T08:30", MARCH),
        ("01/03/2026", MARCH),
        ("1/3/26", MARCH),
        ("01.03.2026", MARCH),
        ("1º de março de 2026", MARCH),
        ("1 março 2026", MARCH),
        ("1/mar/2026", MARCH),
        ("Março de 2026", MARCH),
        ("03/2026", MARCH),
        ("2026", date(2026, 1, 1)),
        ("31/02/2026", None),
        ("2026-13-01", None),
        ("sem prazo", None),
        ("R$ 2026", None),
        ("30", None),
        ("", None),
    ],
)
def test_a_day_is_read_as_clinics_write_it(text: str, day: date | None) -> None:
    assert day_in(text) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [("12/2026", DECEMBER), ("dez/2026", DECEMBER), ("2026", DECEMBER), ("31/12/26", DECEMBER)],
)
def test_the_last_day_of_a_month_or_year_is_its_end(text: str, day: date) -> None:
    assert day_in(text, last=True) == day


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("valid_from", "valid_from"),
        ("Valid from:", "valid_from"),
        ("válido_de", "valid_from"),
        ("valido de", "valid_from"),
        ("Válida a partir de", "valid_from"),
        ("Vigente desde", "valid_from"),
        ("Início da vigência", "valid_from"),
        ("válido_até", "valid_until"),
        ("valido-ate", "valid_until"),
        ("VÁLIDOS ATÉ", "valid_until"),
        ("Fim da vigência", "valid_until"),
        ("substitui", "replaces"),
        ("Validade", ""),
        ("Validade do pedido", ""),
        ("Válido", ""),
        ("Data", ""),
    ],
)
def test_a_key_or_column_is_known_by_its_name(name: str, field: str) -> None:
    assert field_of(name) == field


def test_a_row_holds_in_the_period_of_its_own_columns() -> None:
    header = ("Exame", "Preço", "Válido de", "Válido até")
    assert row_period(header, ("MAPA", "R$ 80", "01/03/2026", "31/12/2026")) == (
        "2026-03-01/2026-12-31"
    )
    assert row_period(header, ("MAPA", "R$ 80", "", "12/2026")) == "../2026-12-31"
    assert row_period(header, ("MAPA", "R$ 80", "01/03/2026", "sem prazo")) == "2026-03-01/.."
    assert row_period(header, ("MAPA", "R$ 80", "", "")) == ""
    assert row_period(("Exame", "Validade"), ("MAPA", "31/12/2020")) == ""


@pytest.mark.parametrize(
    ("interval", "day", "expected"),
    [
        (period(MARCH, DECEMBER), MARCH, True),
        (period(MARCH, DECEMBER), DECEMBER, True),
        (period(MARCH, DECEMBER), date(2026, 2, 28), False),
        (period(MARCH, DECEMBER), date(2027, 1, 1), False),
        (period(None, DECEMBER), date(1999, 1, 1), True),
        (period(MARCH, None), date(2099, 1, 1), True),
        (period(None, None), MARCH, True),
    ],
)
def test_both_ends_of_a_period_belong_to_it(interval: str, day: date, *, expected: bool) -> None:
    assert holds(interval, day) is expected


def test_what_is_said_anew_changes_and_the_rest_stays() -> None:
    said = UNSAID.changed({"valid_from": "1/3/2026", "replaces": "a.md"})
    assert said == Validity(MARCH, None, "a.md")
    assert said.changed({"valid_until": "2026"}) == Validity(MARCH, DECEMBER, "a.md")
    assert said.changed({"valid_from": "none", "replaces": ""}) == UNSAID


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"valid_from": "amanhã"}, "'amanhã' is no date: write it as 2026-12-31"),
        ({"valid_from": "2027-01-01", "valid_until": "2026-12-31"}, "is after its last"),
    ],
)
def test_what_is_no_validity_is_refused(changes: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValidityError, match=complaint):
        UNSAID.changed(changes)


def test_the_clinic_s_word_goes_before_the_file_s() -> None:
    file = Validity(MARCH, DECEMBER, "a.md")
    assert Validity(valid_until=MARCH).over(file) == Validity(MARCH, MARCH, "a.md")
