import pytest

from workers.answering.check.contacts import contact_faults, without_contacts

SOURCES = (
    "Rua das Acácias, 240, Centro. Telefone (20) 5555-0140. Escreva para ouvidoria@vila.example.\n"
    "Entre em resultados.vila.example. Av. Brasil, nº 1.515. Disque 0800 722 6001."
)


@pytest.mark.parametrize(
    "answer",
    [
        "Fica na Rua das Acácias, 240.",
        "Fica na rua das acacias nº 240, no Centro.",
        "Fica na Avenida Brasil, 1515.",
        "Ligue para 20 5555 0140 ou 0800-722-6001.",
        "Escreva para Ouvidoria@vila.example ou veja resultados.vila.example.",
        "Custa R$ 240,00.",
    ],
)
def test_what_the_sources_hold_may_be_named(answer: str) -> None:
    assert [*contact_faults(answer, SOURCES)] == []


@pytest.mark.parametrize(
    "answer",
    [
        "Fica na Rua das Acácias, 24.",
        "Fica na Rua dos Cedros, 240.",
        "Fica na Avenida Brasil, 515.",
        "Ligue (20) 5555-0141.",
        "Escreva para rh@vila.example.",
        "Veja www.vila.com.br.",
    ],
)
def test_any_other_is_a_fault(answer: str) -> None:
    assert [*contact_faults(answer, SOURCES)] != []


def test_their_digits_are_no_amounts() -> None:
    assert not any(map(str.isdigit, without_contacts("Rua das Acácias, 240: (20) 5555-0140")))
