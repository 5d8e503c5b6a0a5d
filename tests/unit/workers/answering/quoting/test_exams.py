from tests.unit.workers.answering.quoting.sheets import found, selector, sheet
from workers.answering.quoting.candidates import candidates_of
from workers.answering.quoting.exams import exams_in, exams_of, is_untold, lacks_an_exam

TITLE = "Preparo para mamografia e densitometria"
MAMMOGRAPHY = sheet("Silicone não impede.", TITLE, "Mamografia: quem pode fazer")
DENSITOMETRY = sheet("Quem tem prótese deve avisar.", TITLE, "Densitometria: quem pode fazer")
BOTH = sheet("Os dois são feitos no mesmo dia.", TITLE, "Chegada")
ALL = candidates_of([MAMMOGRAPHY, DENSITOMETRY, BOTH])


def test_an_exam_is_known_by_any_form_of_its_name() -> None:
    assert exams_in("Vocês fazem mamografias?") == exams_in("mamografia")
    assert not exams_in("Qual o horário de vocês?")


def test_a_section_speaks_of_the_exam_that_its_innermost_heading_names() -> None:
    assert exams_of(ALL[0]) == exams_in("mamografia")
    assert exams_of(ALL[2]) == exams_in("mamografia densitometria")


def test_what_is_said_of_one_exam_answers_nothing_about_another() -> None:
    assert lacks_an_exam("Densitometria com prótese no quadril?", ALL[0], ALL)
    assert not lacks_an_exam("Densitometria com prótese no quadril?", ALL[1], ALL)


def test_nor_is_it_an_answer_where_both_are_asked_for() -> None:
    question = "Posso fazer mamografia e densitometria juntas?"
    assert lacks_an_exam(question, ALL[1], ALL)
    assert not lacks_an_exam(question, ALL[2], ALL)


def test_an_exam_that_the_clinic_does_not_write_about_is_missed_in_no_answer() -> None:
    assert not lacks_an_exam("Fazem tomografia?", ALL[0], ALL)


def test_of_a_pair_of_question_and_answer_the_question_counts() -> None:
    candidates = candidates_of([sheet("Mamografia dói?\nUm pouco.", "Perguntas", is_pair=True)])
    assert exams_of(candidates[0]) == exams_in("mamografia")


def test_the_selector_leaves_such_a_question_to_a_person() -> None:
    asked = "Mamografia e densitometria com prótese?"
    assert selector().select(asked, found(DENSITOMETRY)) is not None  # nothing of the other one
    assert selector().select(asked, found(MAMMOGRAPHY, DENSITOMETRY)) is None


def test_who_speaks_of_what_was_named_before_gets_no_sheet_of_one_treatment() -> None:
    eye = candidates_of([sheet("Dirija após 7 dias.", "Recuperação da cirurgia de catarata")])[0]
    assert is_untold("já chegamos em casa, quando ela pode dirigir de novo", eye)
    assert is_untold("quando pode isso?", ALL[0])
    assert not is_untold("minha mãe operou a catarata, quando ela pode dirigir?", eye)
    assert not is_untold("quando posso dirigir depois da catarata?", eye)


def test_of_what_is_of_no_treatment_such_a_question_is_answered() -> None:
    plans = candidates_of([sheet("Atendemos Bem-te-vi.", "Convênios")])[0]
    assert not is_untold("meu marido vem amanhã, ele pode usar o plano?", plans)
