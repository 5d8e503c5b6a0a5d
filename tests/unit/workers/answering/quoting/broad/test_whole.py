from ingestion.knowledge.chunk import Chunk
from tests.unit.workers.answering.quoting.broad.documents import chunks, document
from tests.unit.workers.answering.quoting.sheets import sheet as passage
from workers.answering.quoting.broad.whole import whole_answer, whole_of

ENDOSCOPY = document("Preparo da endoscopia", Jejum="8 horas.", Depois="Repouse.")
CAPSULE = document("Preparo da endoscopia por cápsula", Jejum="12 horas.")


def test_a_whole_is_quoted_with_its_title_once_and_what_is_left_out_of_the_sheet() -> None:
    quote = whole_of("qual o preparo da endoscopia?", [ENDOSCOPY])
    assert quote is not None
    assert [(each.heading, each.text) for each in quote.excerpts] == [
        ("Preparo da endoscopia \u2013 Jejum", "8 horas.")
    ]
    assert quote.rest is not None
    assert quote.rest.sections == ("Depois",)


def test_of_two_sheets_the_one_that_is_about_nothing_else_answers() -> None:
    quote = whole_of("preparo da endoscopia", [CAPSULE, ENDOSCOPY])
    assert quote is not None
    assert quote.excerpts[0].passage.document == "Preparo da endoscopia"


def test_where_either_sheet_may_be_meant_neither_answers() -> None:
    sedations = [
        document("Preparo da sedação endovenosa", Jejum="8 horas."),
        document("Preparo da sedação com óxido nitroso", Jejum="2 horas."),
    ]
    assert whole_of("como me preparo para a sedação?", sedations) is None


def test_the_preparation_of_an_exam_that_is_not_named_is_no_whole() -> None:
    sheet = document("Exame dos choquinhos: preparo", Antes="Sem creme.")
    assert whole_of("qual o preparo do exame?", [sheet]) is None
    assert whole_of("qual o preparo do exame dos choquinhos?", [sheet]) is not None


def test_a_section_of_the_same_name_in_two_sheets_is_no_whole() -> None:
    lists = [
        document("Agenda dos médicos", Lagoa="Dra. Ana."),
        document("Unidades da clínica", Lagoa="Avenida Sul."),
    ]
    assert whole_of("informações sobre a Lagoa", lists) is None
    assert whole_of("informações sobre a Lagoa", lists[1:]) is not None


def test_documents_are_read_only_where_a_whole_is_asked_for() -> None:
    names: list[str] = []

    def read(name: str) -> list[Chunk]:
        names.append(name)
        return []

    passages = [
        passage("Jejum.", "Preparo da endoscopia"),
        passage("Não.", "Preparo da endoscopia"),
    ]
    assert whole_answer("posso beber água?", passages, read) is None
    assert names == []
    assert whole_answer("preparo da endoscopia", passages, read) is None
    assert names == ["Preparo da endoscopia.md"]


def test_the_documents_that_were_found_are_quoted_whole() -> None:
    own = chunks("Preparo da endoscopia", Jejum="8 horas.", Remédios="Avise.")
    found = [passage("8 horas.", "Preparo da endoscopia")]
    quote = whole_answer("preparo da endoscopia", found, lambda _: own)
    assert quote is not None
    assert [each.text for each in quote.excerpts] == ["8 horas.", "Avise."]
