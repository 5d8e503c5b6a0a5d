import pytest

from workers.channels.backfill.sources.whatsapp.names import (
    clean_name,
    is_same,
    sounds_like_clinic,
)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("~ João", "João"),
        ("~\u202fJoão  da Silva", "João da Silva"),
        ("\u202a+55\u00a041 99876\u20111234\u202c", "+55 41 99876-1234"),
        ("\u200eAna", "Ana"),
        ("Ana ~ mãe do Léo", "Ana ~ mãe do Léo"),
        ("~", ""),
    ],
)
def test_a_name_is_what_stands_between_the_signs(written: str, name: str) -> None:
    assert clean_name(written) == name


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("Recepção Vida", "recepcao vida", True),
        ("~ Ana", "Ana", True),
        ("+55 41 99876-1234", "41998761234", True),
        ("+55 41 99876-1234", "+55 41 99876-1235", False),
        ("Ana", "Ana Paula", False),
        ("Ana 1", "Bia 1", False),
    ],
)
def test_two_ways_of_writing_are_one_name(name: str, other: str, same: bool) -> None:  # noqa: FBT001 - a table
    assert is_same(name, other) is same


@pytest.mark.parametrize(
    "name",
    [
        "Clínica Bem Viver",
        "Recepção",
        "Dra. Helena",
        "Dr João Ortopedia",
        "Laboratório São José",
        "Odonto Sorriso",
        "Secretária Carla",
        "Atendimento CDI",
    ],
)
def test_names_that_clinics_have(name: str) -> None:
    assert sounds_like_clinic(name)


@pytest.mark.parametrize("name", ["Maria Souza", "+55 41 99876-1234", "Drica", "Rita", "Adra"])
def test_names_that_patients_have(name: str) -> None:
    assert not sounds_like_clinic(name)
