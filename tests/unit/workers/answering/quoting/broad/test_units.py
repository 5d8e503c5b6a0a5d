from tests.unit.workers.answering.quoting.broad.documents import document
from workers.answering.quoting.broad.asked import asked_of
from workers.answering.quoting.broad.sheet import Sheet
from workers.answering.quoting.broad.units import Unit, fits, unit_of


def unit(message: str, sheet: Sheet) -> Unit | None:
    asked = asked_of(message, {})
    assert asked is not None
    return unit_of(asked, sheet)


def names(message: str, sheet: Sheet) -> list[str]:
    found = unit(message, sheet)
    return [section.name for section in found.sections] if found else []


COLONOSCOPY = document(
    "Preparo para colonoscopia", Dieta="Leve.", Jejum="4 horas.", **{"Depois do exame": "Repouse."}
)
BOTH = document(
    "Preparo: mamografia e densitometria",
    **{"Mamografia: antes": "Sem creme.", "Densitometria: antes": "Sem cálcio.", "Idade": "18."},
)
HOURS = document(
    "Unidades e horários",
    Centro="Rua das Acácias, 240. Abre das 8h às 18h. Tem rampa.",
    Jardim="Avenida Sul, 15. Fecha às 20h.",
)


def test_a_preparation_is_the_whole_sheet_but_for_what_comes_after() -> None:
    found = unit("qual o preparo da colonoscopia?", COLONOSCOPY)
    assert found is not None
    assert [section.name for section in found.sections] == ["Dieta", "Jejum"]
    assert found.rest == ("Depois do exame",)


def test_another_exam_s_sheet_is_no_answer() -> None:
    assert unit("qual o preparo da endoscopia?", COLONOSCOPY) is None
    assert unit("qual o preparo da colonoscopia virtual?", COLONOSCOPY) is None


def test_of_a_sheet_of_two_exams_the_other_one_s_sections_are_left_out() -> None:
    assert names("preparo da mamografia", BOTH) == ["Mamografia: antes", "Idade"]


def test_of_two_exams_that_are_asked_for_neither_is_left_out_for_its_shorter_name() -> None:
    sheet = document(
        "Densitometria óssea, tomografia e raio-X: preparo",
        **{"Raio-X": "Sem preparo.", "Densitometria óssea": "Sem cálcio.", "Tomografia": "Jejum."},
    )
    assert names("preparo da densitometria e do raio-x", sheet) == ["Raio-X", "Densitometria óssea"]


def test_of_a_preparation_s_sheet_only_what_comes_after_and_warnings_are_care() -> None:
    sheet = document(
        "Preparo para endoscopia",
        **{
            "Jejum": "8 horas.",
            "No dia": "Chegue 40 minutos antes.",
            "Depois da endoscopia": "Espere 1 hora para beber.",
            "Sinais de alerta": "Dor forte.",
        },
    )
    own = ["Depois da endoscopia", "Sinais de alerta"]
    assert names("quais os cuidados depois da endoscopia?", sheet) == own


def test_of_a_recovery_s_sheet_only_what_comes_before_and_warnings_are_a_preparation() -> None:
    sheet = document(
        "Depois da cirurgia refrativa",
        **{"Banho": "Só do pescoço.", "Quem pode operar": "Maiores.", "Antes": "Sem lente."},
    )
    assert names("preparo da cirurgia refrativa", sheet) == ["Quem pode operar", "Antes"]


def test_a_section_called_before_is_not_all() -> None:
    sheet = document("Clareamento", Antes="Venha alimentado.", **{"Quem não pode": "Gestantes."})
    assert names("qual o preparo do clareamento?", sheet) == ["Antes", "Quem não pode"]


def test_a_section_about_more_than_was_asked_is_no_answer() -> None:
    sheet = document("Preparo da ressonância", **{"Antes de marcar a ressonância": "Avise."})
    assert unit("como faço para marcar?", sheet) is None


def test_whom_a_section_is_about_is_no_subject_of_the_sheet() -> None:
    assert unit("quais os cuidados com gestante?", document("Cuidados", Gestante="Avise.")) is None


def test_rows_about_what_was_asked_with_those_that_hold_for_all() -> None:
    table = (
        "Convênio: Ipê; Unidades: todas",
        "Convênio: Norte; Unidades: Jardim",
        "Convênio: Sul; Unidades: Centro",
    )
    sections: dict[str, str | tuple[str, ...]] = {
        "Aceitos": table,
        "Planos que não são aceitos": "Sul Prata.",
    }
    sheet = document("Convênios", **sections)
    found = unit("quais convênios atendem no Jardim?", sheet)
    assert found is not None
    assert [section.lines for section in found.sections] == [table[:2], ("Sul Prata.",)]


def test_one_row_alone_is_a_sentence_s_business() -> None:
    sheet = document("Convênios", Lista=("Convênio: Ipê; Vale: sim", "Convênio: Sul; Vale: sim"))
    assert unit("o que o convênio Ipê cobre?", sheet) is None


def test_a_price_is_of_what_stands_in_the_first_column() -> None:
    rows = ("Item: Siso; Nota: sedação à parte", "Item: Canal; Nota: sedação à parte")
    assert unit("quais os preços da sedação?", document("Preços", Lista=rows)) is None


def test_hours_and_addresses_are_picked_from_what_is_said_of_each_place() -> None:
    long = document("Unidades e horários", **{
        section.name: f"{section.lines[0]} {'Tem rampa e elevador. ' * 40}"
        for section in HOURS.sections
    })  # fmt: skip
    found = unit("quais os horários?", long)
    assert found is not None
    assert [section.lines for section in found.sections] == [
        ("Abre das 8h às 18h.",),
        ("Fecha às 20h.",),
    ]


def test_hours_of_something_else_are_not_the_clinic_s() -> None:
    assert unit("quais os horários?", document("Vacinação", Horário="Das 8h às 9h.")) is None


def test_a_place_s_doctors_are_not_its_address() -> None:
    doctors = document("Agenda dos médicos", **{"Unidade Sul": ("Médico: Ana; Dia: terça, 8h",)})
    assert unit("qual o endereço da unidade Sul?", doctors) is None


def test_what_is_longer_than_a_patient_reads_does_not_fit() -> None:
    asked = asked_of("qual o preparo da colonoscopia?", {})
    assert asked is not None
    for length, is_short in ((2000, True), (3000, False)):
        found = unit_of(asked, document("Preparo para colonoscopia", Dieta="a" * length))
        assert found is not None
        assert fits(found, asked.intent) is is_short


def test_of_a_recovery_s_sheet_only_what_comes_before_is_a_preparation() -> None:
    sheet = document(
        "Recuperação da vasectomia",
        **{
            "Repouso": "48 horas.",
            "Quando a vasectomia começa a valer": "Depois do espermograma.",
            "Regras antes de operar": "O pedido é assinado 60 dias antes.",
        },
    )
    assert names("cuidados antes da vasectomia", sheet) == ["Regras antes de operar"]
    assert "Repouso" in names("cuidados depois da vasectomia", sheet)
