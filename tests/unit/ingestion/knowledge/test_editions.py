import pytest

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.editions import mark_of, year_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Preparo para colonoscopia", "Preparo para colonoscopia (2021)"),
        ("Preparo para colonoscopia", "Preparo para colonoscopia (versão 2021 - substituída)"),
        ("Preparo para colonoscopia", "PREPARO PARA COLONOSCOPIA v2"),
        ("preparo-colonoscopia", "preparo-colonoscopia-2021"),
        ("preparo_colonoscopia_v2", "preparo-colonoscopia_v3"),
        ("Tabela de preços 2026", "Tabela de preços de 2025"),
        ("Tabela de preços 2026", "tabela de precos"),
        ("Tabela 2025/2026", "Tabela 2024/2025"),
        ("Manual, 2ª edição 2", "Manual, 2ª"),
    ],
)
def test_years_and_versions_make_no_other_title(one: str, other: str) -> None:
    assert mark_of(one).words == mark_of(other).words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Preparo colonoscopia", "Preparo colonoscopia infantil"),
        ("Preparo para colonoscopia", "Preparo para endoscopia"),
        ("Ressonância com contraste 2025", "Ressonância sem contraste 2026"),
        ("Vacina hepatite A 2025", "Vacina hepatite B 2026"),
        ("Vitamina D", "Vitamina"),
        ("Unidade Nova Lima 2025", "Unidade Lima 2026"),
        ("Sala 1", "Sala 2"),
        ("Plantão 01-2026", "Plantão 02-2026"),
        ("Exame 3500", "Exame 3600"),
    ],
)
def test_another_word_or_number_makes_another_title(one: str, other: str) -> None:
    assert mark_of(one).words != mark_of(other).words


@pytest.mark.parametrize(
    ("text", "year", "version"),
    [
        ("Tabela 2025/2026", 2026, 0),
        ("preparo_v3", None, 3),
        ("Preparo, versão 4", None, 4),
        ("Preparo rev. 2 (2024)", 2024, 2),
        ("Portaria 2048", None, 0),
        ("Preparo", None, 0),
    ],
)
def test_a_mark_is_the_latest_year_and_version(text: str, year: int | None, version: int) -> None:
    mark = mark_of(text)
    assert (mark.year, mark.version) == (year, version)


@pytest.mark.parametrize(
    ("heading", "text", "year"),
    [
        ("Tabela 2024", "Versão 2025.", 2024),
        ("Preparo", "Clínica\nVersão 2026, válida desde 5 de janeiro de 2026.", 2026),
        ("Preparo", "Atualizado em 3 de maio de 2025", 2025),
        ("Preparo", "Versão 2021 - substituída. Use a versão 2026.", 2021),
        ("Preparo", "Fundada em 2009. Tem 2026 pacientes.", None),
        ("Preparo", f"{'Jejum. ' * 80}Versão 2026", None),
    ],
)
def test_a_sheet_s_own_first_lines_say_its_year(heading: str, text: str, year: int | None) -> None:
    assert year_in([Chunk(text, "Preparo", (heading,)), Chunk("Versão 2030", "Preparo")]) == year


def test_an_empty_document_is_of_no_year() -> None:
    assert year_in([]) is None
