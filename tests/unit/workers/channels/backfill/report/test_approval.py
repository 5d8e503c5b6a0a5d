import json
from pathlib import Path

import pytest

from ingestion.parsing.csv_file import parse_csv
from ingestion.parsing.document import Answer
from workers.channels.backfill.report.approval import approve
from workers.channels.backfill.report.errors import PairsError
from workers.evaluation.questions import read_questions

HEAD = "pergunta;resposta;aprovado;atencao;comparacao;documento\n"


def test_approved_pairs_are_a_document_that_ingestion_reads_as_pairs() -> None:
    rows = (
        "Tem Wi-Fi?;Sim, peça a senha.;sim;;;\n"
        "Tem café?;Não.;não;;;\n"
        'Dói?;"- um pouco\n- passa";x;;;\n'
    )
    approval = approve((HEAD + rows).encode(), "faq.csv")
    pairs = [
        each for each in parse_csv(approval.faq, "faq.csv").sections if isinstance(each, Answer)
    ]
    assert [(each.question, each.text) for each in pairs] == [
        ("Tem Wi-Fi?", "Sim, peça a senha."),
        ("Dói?", "• um pouco\n- passa"),
    ]
    assert approval.pairs == len(pairs)


def test_approved_pairs_are_known_questions_that_an_evaluation_reads(tmp_path: Path) -> None:
    rows = 'Tem Wi-Fi?;"Sim; na recepção.";sim;;;\n'
    rows += "Qual o jejum?;De 8 horas.;sim;;igual;preparo.pdf\n"
    approval = approve((HEAD + rows).encode(), "faq.csv")
    (tmp_path / "conhecidas.jsonl").write_bytes(approval.known)
    known, bad = read_questions(tmp_path / "conhecidas.jsonl")
    assert not bad
    assert [(each.question, each.documents, each.answers) for each in known] == [
        ("Tem Wi-Fi?", ("faq.csv",), ("Sim; na recepção.",)),
        ("Qual o jejum?", ("preparo.pdf",), ("De 8 horas.",)),
    ]


def test_what_is_left_out_is_said() -> None:
    rows = (
        "Tem Wi-Fi?;Sim.;sim;;;\n"
        "tem wi-fi?;Não.;sim;;;\n"
        "Tem café?;;sim;;;\n"
        "Tem água?;Sim.;talvez;;;\n"
        "Tem sofá?;Sim.;sim;nome;;\n"
    )
    approval = approve((HEAD + rows).encode(), "faq.csv")
    assert approval.pairs == 2
    assert approval.flagged == (6,)
    first, second, third = approval.problems
    assert "line 3: line 2 answers the same question otherwise" in first
    assert "line 4" in second
    assert "empty" in second
    assert "line 5" in third


def test_nothing_approved_is_told_and_nothing_is_written() -> None:
    with pytest.raises(PairsError, match="Write `sim` in the column `aprovado`"):
        approve((HEAD + "Tem Wi-Fi?;Sim.;;;;\n").encode(), "faq.csv")


@pytest.mark.parametrize("answer", ["=1+1", "+55 47 3333-4444", "@clinica", "-2 graus"])
def test_the_document_runs_nothing_in_a_spreadsheet_and_shows_patients_no_apostrophe(
    answer: str,
) -> None:
    approval = approve(f"{HEAD}Qual?;{answer};sim;;;\n".encode(), "faq.csv")
    assert json.loads(approval.known)["answer"] == [answer]
    cell = approval.faq.decode("utf-8-sig").splitlines()[1].split(";")[1].strip('"')
    assert cell[0] not in "=+-@'"
    assert json.loads(approval.known)["question"] == "Qual?"
