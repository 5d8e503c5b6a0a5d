import pytest

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.editions import Mark, mark_of, year_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Preparo para colonoscopia", "Preparo para colonoscopia (2021)"),
        ("Preparo para colonoscopia", "Preparo para colonoscopia (versão 2021 - substituída)"),
        ("Preparo para colonoscopia", "PREPARO PARA COLONOSCOPIA versão v2"),
        ("preparo-colonoscopia", "preparo-colonoscopia-2021"),
        ("Tabela 2025 (particular)", "Tabela 2026 (particular)"),
        ("Unidade Sul, tabela 2025", "Unidade Sul, tabela 2026"),
        ("Preparo 2021, versão 2 - substituído", "Preparo 2021, versão 2"),
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
        ("Sala 2010", "Sala 2011"),
        ("Sala (2010)", "Sala (2011)"),
        ("Regras da RDC 2016", "Regras da RDC 2017"),
        ("Lei 13.709/2018", "Lei 13.709/2019"),
        ("Plano Unimed 2000", "Plano Unimed 2010"),
        ("Tabela do plano Unimed 2000", "Tabela do plano Unimed 2010"),
        ("Aparelho 2010 de raio X", "Aparelho 2011 de raio X"),
        ("Ellipse 2020 HD", "Ellipse 2021 HD"),
        ("Vacina hepatite dose v1", "Vacina hepatite dose v2"),
        ("ECG derivação V5", "ECG derivação V6"),
        ("Bloco Ed 1", "Bloco Ed 2"),
        ("Ver 1", "Ver 2"),
    ],
)
def test_another_word_or_number_makes_another_title(one: str, other: str) -> None:
    assert mark_of(one).words != mark_of(other).words


@pytest.mark.parametrize(
    ("text", "year", "version"),
    [
        ("Tabela 2025/2026", 2026, 0),
        ("Preparo v3", None, 0),
        ("Preparo-v3", None, 0),
        ("Preparo versão v3", None, 3),
        ("Ano 2025 e 2026", 2026, 0),
        ("Atualizado em 2025: preparo", 2025, 0),
        ("Sala 2010, versão 2025", 2025, 0),
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
    ("name", "year", "version"),
    [
        ("preparo_v3", None, 3),
        ("preparo-v3-2025", 2025, 3),
        ("preparo v3", None, 0),
        ("ECG derivação V5", None, 0),
        ("ecg-derivacao-v5", None, 0),
        ("ecg_v5", None, 0),
        ("preparo (2021)", 2021, 0),
        ("sala-2021", None, 0),
        ("agenda-2025-03", None, 0),
    ],
)
def test_a_file_name_s_version_follows_a_hyphen(name: str, year: int | None, version: int) -> None:
    mark = mark_of(name, is_name=True)
    assert (mark.year, mark.version) == (year, version)


def test_a_title_has_the_version_of_its_file_name() -> None:
    assert mark_of("Preparo v2", named=2) == Mark(("preparo",), None, 2)
    assert mark_of("Preparo v2", named=3) == Mark(("preparo", "v2"))
    assert mark_of("ECG V5", named=5) == Mark(("ecg", "v5"))


def test_a_number_above_the_last_year_is_no_year() -> None:
    assert mark_of("Laser Ellipse 2030", 2027) == Mark(("laser", "ellipse", "2030"))
    assert mark_of("Laser Ellipse 2030", 2030) == Mark(("laser", "ellipse"), 2030)


@pytest.mark.parametrize(
    ("heading", "text", "year"),
    [
        ("Tabela 2024", "Versão 2025.", 2024),
        ("Preparo", "Clínica\nVersão 2026, válida desde 5 de janeiro de 2026.", 2026),
        ("Preparo", "Atualizado em 3 de maio de 2025", 2025),
        ("Preparo", "Versão 2021 - substituída. Use a versão 2026.", 2021),
        ("Preparo", "Fundada em 2009. Tem 2026 pacientes.", None),
        ("Preparo", "Válido para a sala 2010", None),
        ("Sala 2010", "Atualizado em 2025", 2025),
        ("Preparo", f"{'Jejum. ' * 80}Versão 2026", None),
    ],
)
def test_a_sheet_s_own_first_lines_say_its_year(heading: str, text: str, year: int | None) -> None:
    assert year_in([Chunk(text, "Preparo", (heading,)), Chunk("Versão 2030", "Preparo")]) == year


def test_an_empty_document_is_of_no_year() -> None:
    assert year_in([]) is None
