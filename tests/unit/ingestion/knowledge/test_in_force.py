"""The rule of what is in force, as a table."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ingestion.knowledge.document import IndexedDocument, Ruling
from ingestion.knowledge.in_force import Cause, Reason, out_of_force
from ingestion.parsing.document import title_of
from ingestion.validity import Validity

TODAY = date(2026, 11, 26)
SEEN = datetime(2026, 11, 1, tzinfo=UTC)
RETIRED, RESTORED = Ruling.RETIRED, Ruling.RESTORED


def document(name: str, title: str = "", **fields: Any) -> IndexedDocument:  # noqa: ANN401 - a record's
    stated = Validity(
        fields.pop("begins", None), fields.pop("ends", None), fields.pop("replaces", "")
    )
    return IndexedDocument(
        name=name,
        digest="d",
        recipe="r",
        origin="/docs",
        title=title or title_of(name),
        pages=None,
        chunks=1,
        indexed_at=SEEN,
        stated=stated,
        **fields,
    )


def lost(documents: Sequence[IndexedDocument], day: date = TODAY) -> dict[str, str]:
    """What is out of force, and by what or until when."""
    causes = out_of_force(documents, day).causes
    return {name: cause.by or str(cause.day or cause.reason) for name, cause in causes.items()}


# -- a document's own word ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({}, None),
        ({"begins": TODAY}, None),
        ({"ends": TODAY}, None),
        ({"begins": date(2026, 11, 27)}, Cause(Reason.NOT_YET, date(2026, 11, 27))),
        ({"ends": date(2026, 11, 25)}, Cause(Reason.ENDED, date(2026, 11, 25))),
        ({"ruling": RETIRED}, Cause(Reason.RETIRED)),
        ({"ruling": RESTORED, "ends": date(2026, 1, 1)}, Cause(Reason.ENDED, date(2026, 1, 1))),
        ({"given": Validity(valid_until=TODAY), "ends": date(2026, 1, 1)}, None),
    ],
)
def test_dates_and_the_clinic_s_word_decide_of_one_document(
    fields: dict[str, Any], cause: Cause | None
) -> None:
    assert out_of_force([document("a.md", **fields)], TODAY).causes.get("a.md") == cause


# -- what says that it replaces another ---------------------------------------------------------


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([document("a.md", replaces="b.md"), document("b.md")], {"b.md": "a.md"}),
        ([document("x/a.md", replaces="b.md"), document("x/b.md")], {"x/b.md": "x/a.md"}),
        (
            [document("a.md", replaces="b.md"), document("c.md", former_names=("b.md",))],
            {"c.md": "a.md"},
        ),
        ([document("a.md", replaces="nada.md"), document("b.md")], {}),
        ([document("a.md", replaces="a.md")], {}),
        (
            [document("a.md", replaces="b.md", ruling=RETIRED), document("b.md")],
            {"a.md": "retired"},
        ),
        (
            [document("a.md", replaces="b.md", begins=date(2027, 1, 1)), document("b.md")],
            {"a.md": "2027-01-01"},
        ),
        # It was for two weeks: what it replaced is back.
        (
            [document("a.md", replaces="b.md", ends=date(2026, 1, 5)), document("b.md")],
            {"a.md": "2026-01-05"},
        ),
        # A chain: the first stays replaced though the second is replaced itself.
        (
            [
                document("c.md", replaces="b.md"),
                document("b.md", replaces="a.md"),
                document("a.md"),
            ],
            {"b.md": "c.md", "a.md": "b.md"},
        ),
        # A circle replaces nothing; what stands outside of it does.
        ([document("a.md", replaces="b.md"), document("b.md", replaces="a.md")], {}),
        (
            [
                document("t.md", replaces="z.md"),
                document("z.md", replaces="t.md"),
                document("x.md", replaces="t.md"),
            ],
            {"t.md": "x.md"},
        ),
        # A newer edition takes the place of one that replaces: what this replaced is back,
        (
            [
                document("usual.pdf"),
                document("natal-2025.pdf", replaces="usual.pdf"),
                document("natal-2026.pdf"),
            ],
            {"natal-2025.pdf": "natal-2026.pdf"},
        ),
        # unless the newer one says the same,
        (
            [
                document("usual.pdf"),
                document("natal-2025.pdf", replaces="usual.pdf"),
                document("natal-2026.pdf", replaces="usual.pdf"),
            ],
            {"natal-2025.pdf": "natal-2026.pdf", "usual.pdf": "natal-2026.pdf"},
        ),
        # along a chain, too,
        (
            [
                document("a.md"),
                document("b.md", replaces="a.md"),
                document("c-2025.md", replaces="b.md"),
                document("c-2026.md"),
            ],
            {"c-2025.md": "c-2026.md", "a.md": "b.md"},
        ),
        # and then it takes the place of its own earlier editions, and of what these replaced.
        (
            [
                document("usual.md"),
                document("mapa-2025.md", replaces="usual.md"),
                document("mapa-2026.md"),
                document("natal-2025.md", replaces="mapa-2026.md"),
                document("natal-2026.md"),
            ],
            {"natal-2025.md": "natal-2026.md", "mapa-2025.md": "mapa-2026.md"},
        ),
        # Its word goes before years.
        (
            [document("p-2021.md", replaces="p-2026.md"), document("p-2026.md")],
            {"p-2026.md": "p-2021.md"},
        ),
        (
            [document("a.md", replaces="b.md"), document("b.md", ruling=RESTORED)],
            {"b.md": "a.md"},
        ),
    ],
)
def test_what_is_replaced_by_word(
    documents: list[IndexedDocument], expected: dict[str, str]
) -> None:
    assert lost(documents) == expected
    assert lost(documents[::-1]) == expected


# -- sheets of one title ------------------------------------------------------------------------

SHEET = "Preparo para colonoscopia"


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        # The sample clinic's.
        (
            [
                document("preparo-colonoscopia.pdf", SHEET),
                document("preparo-colonoscopia-2021.pdf", f"{SHEET} (versão 2021 - substituída)"),
            ],
            {"preparo-colonoscopia-2021.pdf": "preparo-colonoscopia.pdf"},
        ),
        # Years in names, in titles, in first lines.
        (
            [document("precos-2025.csv"), document("precos-2026.csv")],
            {"precos-2025.csv": "precos-2026.csv"},
        ),
        (
            [document("p.pdf", f"{SHEET} 2025"), document("P.docx", f"{SHEET} 2026")],
            {"p.pdf": "P.docx"},
        ),
        (
            [
                document("tabela-precos-2025.csv", "Tabela de preços 2025"),
                document("tabela-precos-2026.csv", "Tabela de preços 2026"),
            ],
            {"tabela-precos-2025.csv": "tabela-precos-2026.csv"},
        ),
        ([document("antigos/p-2025.md"), document("p.md")], {"antigos/p-2025.md": "p.md"}),
        (
            [document("p.pdf", SHEET, year=2026), document("p-v0.pdf", f"{SHEET} 2021", year=2026)],
            {"p-v0.pdf": "p.pdf"},
        ),
        # Three editions: all older ones go, to the newest.
        (
            [document("p-2024.md"), document("p-2025.md"), document("p-2026.md")],
            {"p-2024.md": "p-2026.md", "p-2025.md": "p-2026.md"},
        ),
        # No year: of the year in which it was first seen.
        ([document("p.md"), document("p-2025.md")], {"p-2025.md": "p.md"}),
        ([document("p.md"), document("p-2026.md")], {}),
        ([document("p.md", since=date(2025, 5, 1)), document("p-2026.md")], {"p.md": "p-2026.md"}),
        # A first day goes before years, and among years of one.
        (
            [document("p-2026.md"), document("p.md", begins=date(2026, 3, 1))],
            {"p-2026.md": "p.md"},
        ),
        (
            [
                document("p-2026.md", begins=date(2026, 2, 1)),
                document("p-2025.md", begins=date(2026, 3, 1)),
            ],
            {"p-2026.md": "p-2025.md"},
        ),
        (
            [
                document("p.md", SHEET, begins=date(2025, 1, 1)),
                document("p.pdf", SHEET, begins=TODAY),
            ],
            {"p.md": "p.pdf"},
        ),
        # A year to come waits, where there is an earlier edition; alone it is searched.
        ([document("p-2026.md"), document("p-2027.md")], {"p-2027.md": "2027-01-01"}),
        ([document("p-2027.md")], {}),
        # Versions decide where years don't.
        ([document("p_v1.md"), document("p_v2.md")], {"p_v1.md": "p_v2.md"}),
        ([document("p.md"), document("p_v2.md")], {"p.md": "p_v2.md"}),
        # What has ended stays newer; what is retired or has not begun does not count.
        (
            [document("p-2024.md"), document("p-2025.md", ends=date(2025, 12, 31))],
            {"p-2024.md": "p-2025.md", "p-2025.md": "2025-12-31"},
        ),
        ([document("p-2024.md"), document("p-2025.md", ruling=RETIRED)], {"p-2025.md": "retired"}),
        (
            [document("p-2024.md"), document("p.md", begins=date(2027, 1, 1))],
            {"p.md": "2027-01-01"},
        ),
        # The clinic restored it: both hold.
        ([document("p-2024.md", ruling=RESTORED), document("p-2025.md")], {}),
    ],
)
def test_the_newer_edition_of_one_sheet_wins(
    documents: list[IndexedDocument], expected: dict[str, str]
) -> None:
    assert lost(documents) == expected
    assert lost(documents[::-1]) == expected


@pytest.mark.parametrize(
    "documents",
    [
        # Other exams, units, websites with one title for all pages, copies without a mark.
        [
            document("p.pdf", "Preparo colonoscopia 2021"),
            document("q.pdf", "Preparo colonoscopia infantil"),
        ],
        [document("a-2021.md", "Preparo para endoscopia"), document("a.md", SHEET)],
        [document("centro/horarios-2025.md"), document("jardim/horarios-2026.md")],
        [document("precos-2025.html", "Clínica Vida"), document("horarios.html", "Clínica Vida")],
        [
            document("precos.html", "Clínica Vida 2025"),
            document("exames.html", "Clínica Vida 2026"),
            document("medicos.html", "Clínica Vida 2026"),
        ],
        [document("a.pdf", "Orientações", year=2024), document("b.pdf", "Orientações", year=2026)],
        [document("a.pdf", SHEET), document("b.pdf", SHEET)],
        [document("a.pdf", "2021"), document("b.pdf", "2026")],
        [document("1.pdf", "Sala 1"), document("2.pdf", "Sala 2")],
        # Equal titles of other file names: exams, doctors, units.
        [
            document("colonoscopia.md", "Instruções ao paciente", begins=date(2025, 1, 1)),
            document("ultrassom.md", "Instruções ao paciente", begins=TODAY),
        ],
        [document("dra-ana.md", "Agenda 2025"), document("dr-joao.md", "Agenda 2026")],
        [
            document("unidade-centro.pdf", "Horário 2025"),
            document("unidade-sul.pdf", "Horário 2026"),
        ],
        [document("colono.pdf", "Preparo 2024"), document("endo.pdf", "Preparo")],
        [document("a.pdf", f"{SHEET} 2025"), document("b.pdf", f"{SHEET} 2026")],
        # Equal file names of other titles.
        [document("curva-2022.pdf", "Curva glicêmica"), document("curva.pdf", "Teste de glicose")],
        # A number that is no year and no version.
        [document("sala-2010.md", "Sala 2010"), document("sala-2011.md", "Sala 2011")],
        [document("rdc-2016.md", "RDC 2016"), document("rdc-2017.md", "RDC 2017")],
        [document("plano-unimed-2000.md"), document("plano-unimed-2010.md")],
        [document("plano-unimed-2000.md", "Unimed"), document("plano-unimed-2010.md", "Unimed")],
        [document("Vacina hepatite dose v1.pdf"), document("Vacina hepatite dose v2.pdf")],
        [document("ecg-derivacao-v5.pdf"), document("ecg-derivacao-v6.pdf")],
        [document("Bloco Ed 1.pdf"), document("Bloco Ed 2.pdf")],
        [document("2025/p.md"), document("2026/p.md")],
        [document("unidade 2010/horario.md"), document("unidade 2011/horario.md")],
        [document("sala-2021/p.md"), document("p.md")],
        [document("laser-ellipse.md"), document("laser-ellipse-2030.md")],
    ],
)
def test_other_sheets_never_take_each_other_s_place(documents: list[IndexedDocument]) -> None:
    assert lost(documents) == {}


def test_a_year_that_begins_brings_the_next_edition_and_nothing_old_back() -> None:
    documents = [document("p.md"), document("p-2026.md"), document("p-2027.md")]
    assert lost(documents, date(2026, 12, 31)) == {"p-2027.md": "2027-01-01"}
    assert lost(documents, date(2027, 1, 1)) == {"p.md": "p-2027.md", "p-2026.md": "p-2027.md"}
    without = documents[:2]
    assert lost(without, date(2026, 12, 31)) == lost(without, date(2027, 6, 1)) == {}


def test_the_loser_comes_back_once_the_winner_is_gone() -> None:
    old, new = document("p-2025.md"), document("p-2026.md")
    assert lost([old, new]) == {"p-2025.md": "p-2026.md"}
    assert lost([old]) == {}


def test_documents_of_one_title_are_named_where_none_is_newer() -> None:
    copies = [document("a.pdf", SHEET), document("b.pdf", SHEET)]
    assert out_of_force(copies, TODAY).alike == {"a.pdf": ("b.pdf",), "b.pdf": ("a.pdf",)}
    same_year = [document("p.md"), document("p-2026.md")]
    assert set(out_of_force(same_year, TODAY).alike) == {"p.md", "p-2026.md"}
    decided = [document("p-2024.md", ruling=RESTORED), document("p-2025.md")]
    assert out_of_force(decided, TODAY).alike == {}


def test_documents_of_one_title_and_other_names_are_named_beside_editions() -> None:
    documents = [
        document("colono-2025.pdf", "Preparo"),
        document("colono-2026.pdf", "Preparo"),
        document("endo.pdf", "Preparo"),
    ]
    out = out_of_force(documents, TODAY)
    assert out.causes.keys() == {"colono-2025.pdf"}
    assert out.alike == {"colono-2026.pdf": ("endo.pdf",), "endo.pdf": ("colono-2026.pdf",)}


def test_rows_go_by_their_own_periods() -> None:
    rows = document("precos.csv", periods=("../2026-11-25", "2026-11-26/..", "../2026-11-26"))
    out = out_of_force([rows], TODAY)
    assert not out.causes
    assert out.periods == {"../2026-11-25"}
    assert out.text
    assert out_of_force([document("a.md")], TODAY).text == ""


def test_what_is_not_complete_yet_takes_no_other_s_place() -> None:
    begun = document("p-2026.md").model_copy(update={"digest": ""})
    assert lost([document("p-2025.md"), begun]) == {}
    begun = document("p-2025.md").model_copy(update={"digest": ""})
    out = out_of_force([begun, document("p-2026.md")], TODAY)
    assert out.documents == {"p-2025.md"}
    assert not out.text, "no version depends on it"
    begun = document("a.md", replaces="b.md").model_copy(update={"digest": ""})
    assert lost([begun, document("b.md")]) == {}
