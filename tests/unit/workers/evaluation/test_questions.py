import json
from pathlib import Path

import pytest

from workers.evaluation.errors import QuestionsError
from workers.evaluation.questions import read_questions


def wrote(folder: Path, name: str, content: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return path


def test_the_sample_clinics_questions_are_read_as_they_are() -> None:
    questions, bad_rows = read_questions(Path("examples/clinica/perguntas.csv"))
    assert (len(questions), bad_rows) == (80, [])
    assert sum(each.answerable for each in questions) == 67
    assert next(each for each in questions if each.id == "p61").documents == (
        "precos-exames.csv",
        "preparo-exames-do-coracao.pdf",
    )
    assert all(each.facts and each.passages for each in questions if each.answerable)


def test_facts_may_be_said_in_several_ways_and_passages_be_several(tmp_path: Path) -> None:
    content = (
        "pergunta,trecho,fatos,nunca,risco,tipo\n"
        "Jejum?,8 horas sem comer; nem água,8h | 8 horas; água|nem água;,12h,Sim,plain\n"
        "Oi,,oi|olá,,não,saudação\nDor no peito,,,,,Emergência\n"
    )
    (fasting, greeting, pain), bad_rows = read_questions(wrote(tmp_path, "p.csv", content))
    assert bad_rows == []
    assert fasting.passages == ("8 horas sem comer", "nem água")
    assert fasting.facts == (("8h", "8 horas"), ("água", "nem água"))
    assert (fasting.never, fasting.risk) == ((("12h",),), True)
    assert (greeting.answerable, greeting.facts, greeting.risk) == (False, (("oi", "olá"),), False)
    assert (pain.is_emergency, greeting.is_emergency) == (True, False)


def test_json_lines_may_list_facts_and_passages_which_keep_their_semicolons(tmp_path: Path) -> None:
    row = {
        "question": "Jejum?",
        "passage": ["Exame: Glicemia; Jejum: 8 horas", "b"],
        "facts": ["8h|8 horas", ["água", "nem água"]],
        "risk": True,
    }
    ((question,), _) = read_questions(wrote(tmp_path, "p.jsonl", json.dumps(row)))
    assert question.passages == ("Exame: Glicemia; Jejum: 8 horas", "b")
    assert question.facts == (("8h", "8 horas"), ("água", "nem água"))
    assert question.risk


def test_a_risk_that_is_neither_yes_nor_no_is_a_bad_row(tmp_path: Path) -> None:
    content = "question,risk\na,talvez\nb,N\nc,1\n"
    questions, bad_rows = read_questions(wrote(tmp_path, "p.csv", content))
    assert [each.risk for each in questions] == [False, True]
    assert [(row.line, row.reason) for row in bad_rows] == [
        (2, "`risk` is 'talvez', not yes or no")
    ]


def test_a_spreadsheets_csv_in_windows_encoding_with_portuguese_names(tmp_path: Path) -> None:
    content = "Pergunta;Documento;Página\r\nPrecisa de jejum?;preparo.pdf;2\r\nOlá;;\r\n"
    questions, bad_rows = read_questions(wrote(tmp_path, "p.csv", content, "cp1252"))
    assert bad_rows == []
    assert [(each.line, each.question, each.documents, each.page) for each in questions] == [
        (2, "Precisa de jejum?", ("preparo.pdf",), 2),
        (3, "Olá", (), None),
    ]


def test_json_lines_may_list_documents_and_answers(tmp_path: Path) -> None:
    row = '{"question": "Jejum?", "document": ["a.pdf", "b.pdf"], "answer": ["8 h", "oito horas"]}'
    ((question,), bad_rows) = read_questions(wrote(tmp_path, "p.jsonl", f"\n{row}\n"))
    assert bad_rows == []
    assert (question.line, question.id) == (2, "2")
    assert question.documents == ("a.pdf", "b.pdf")
    assert question.answers == ("8 h", "oito horas")


def test_a_bad_row_is_named_by_its_line_and_stops_no_other(tmp_path: Path) -> None:
    rows = ['"duas\nlinhas",a.pdf,1', ",b.pdf,1", "x,c.pdf,dois", "y,d.pdf,1,9", "z,e.pdf,3"]
    content = "\n".join(["question,document,page", *rows])
    questions, bad_rows = read_questions(wrote(tmp_path, "p.csv", content))
    assert [(each.line, each.question) for each in questions] == [(2, "duas\nlinhas"), (7, "z")]
    assert [(row.line, row.reason) for row in bad_rows] == [
        (4, "it has no `question`"),
        (5, "`page` is 'dois', not a number from 1"),
        (6, "it has more cells than the header has columns"),
    ]
    _, bad_rows = read_questions(wrote(tmp_path, "p.jsonl", '{"question": "a"}\nnope\n[1]\n'))
    assert [row.line for row in bad_rows] == [2, 3]


@pytest.mark.parametrize("content", ["", "question\n", "frage,dokument\nx,y\n", "question\n\0\n"])
def test_a_file_without_any_question_says_what_it_should_hold(tmp_path: Path, content: str) -> None:
    with pytest.raises(QuestionsError, match=r"p\.csv .*(`question`|CSV in UTF-8)"):
        read_questions(wrote(tmp_path, "p.csv", content))
    with pytest.raises(QuestionsError, match="cannot be read"):
        read_questions(tmp_path / "none.csv")
