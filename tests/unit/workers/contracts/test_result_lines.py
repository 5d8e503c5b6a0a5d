"""Lines of results: what spreadsheets, programs and OpenAI's readers find in them."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.contracts.backfill import BackfillRow, RowResult, RowStatus
from workers.contracts.question import Citation, Way
from workers.contracts.result_lines import AFTER, BEFORE, guarded, head_of, line_of

ROW = BackfillRow(
    key="7",
    id="7",
    place="linha 8",
    question="Preciso de jejum?\nE de água; posso?",
    asked_at=1_789_172_340.0,
    columns={"Setor": "Recepção", "id": "=1+1"},
    later_answer="Sim, de 8 horas.",
)
RESULT = RowResult(
    row=7,
    number=3,
    question_id="q1",
    status=RowStatus.ANSWERED,
    text='Jejum de 8 horas, "água" pode.',
    citations=(Citation(document="d", title="Preparos", heading="Glicemia", page=3, quote="x"),),
    way=Way.QUOTE,
    knowledge_version="v9",
    prompt_version="p2",
    ended_at=1_789_200_000.0,
)
FAILED = RowResult.failed("too_long", 1_789_200_000.0).model_copy(update={"row": 8, "number": 4})
WAITS = RESULT.model_copy(
    update={"status": RowStatus.NEEDS_HUMAN, "reason": "weak_evidence", "text": "Alguém responde."}
)


def table(columns: tuple[str, ...] = (), row: BackfillRow = ROW) -> list[list[str]]:
    data = head_of("csv", columns) + line_of("csv", "b1", row, RESULT, columns)
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_a_brazilian_excel_reads_the_table_as_utf_8_with_semicolons() -> None:
    data = head_of("csv", ("Setor",))
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig").split(";")[0] == '"numero"'


def test_a_cell_keeps_its_lines_quotes_and_delimiters() -> None:
    head, cells = table(("Setor",))
    row = dict(zip(head, cells, strict=True))
    assert row["pergunta"] == ROW.question
    assert row["resposta"] == RESULT.text
    assert row["Setor"] == "Recepção"
    assert row["fontes"] == "Preparos, Glicemia, página 3"
    assert row["situacao"] == "respondida"
    assert row["perguntada_em"] == "11/09/2026 21:19:00"
    assert (row["documentos"], row["prompt"]) == ("v9", "p2")


def test_a_column_that_the_head_lacks_is_not_lost() -> None:
    head, cells = table(())
    assert dict(zip(head, cells, strict=True))["outras_colunas"] == (
        "Setor: Recepção\nid (da fonte): =1+1"
    )


def test_a_column_of_the_source_never_takes_the_place_of_ours() -> None:
    head, cells = table(("id", "Setor"))
    assert head.count("id") == 1
    assert dict(zip(head, cells, strict=True))["id (da fonte)"] == "'=1+1"
    assert len(head) == len(BEFORE) + 2 + len(AFTER) == len(cells)


def test_a_row_is_found_in_its_columns_by_what_the_head_calls_them_too() -> None:
    head, cells = table(("id (da fonte)", "Setor"))
    assert dict(zip(head, cells, strict=True))["id (da fonte)"] == "'=1+1"


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0",
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "  =1+1",
        ' "=1+1"',
        "'=1+1",
        "\u00a0=1+1",
        "\ufeff=1+1",
        "\u200b=1+1",
        "\uff1d1+1",
        "\uff0b1",
        "\uff0d1",
        "\uff20SUM(1)",
        "“=1+1",
        "\0=1+1",
        "\x0b=1+1",
    ],
)
def test_no_cell_begins_with_what_a_spreadsheet_runs(text: str) -> None:
    assert guarded(text).startswith("'")


@pytest.mark.parametrize(
    "text",
    [
        "oi,=1+1",
        'oi,"=1+1',
        "oi, @SUM(1)",
        "oi\t=1+1",
        "oi\n=1+1",
        "oi\r\n\n =1+1",
        "oi,-2+3+cmd|' /C calc'!A0",
        "oi\n- SUM(A1)",
    ],
)
def test_nor_does_one_where_commas_or_tabs_are_taken_for_delimiters(text: str) -> None:
    assert "'" in guarded(text).replace("' /C calc'", "")


@pytest.mark.parametrize(
    "text",
    [
        "Qual o preparo?",
        "Traga:\n- documento (com foto)!\n- carteirinha, pedido, - e paciência\n+ jejum",
        "Custa 10 a 20, ou 5 - 8 dias",
        "E-mail: ana@exemplo.com",
        "",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


@given(st.text(max_size=40))
def test_a_table_is_read_back_cell_by_cell_whatever_patients_write(text: str) -> None:
    row = ROW.model_copy(update={"question": text, "columns": {"Setor": text}})
    head, cells = table(("Setor",), row)
    assert len(cells) == len(head)
    assert not cells[head.index("pergunta")].startswith(tuple("=+-@\t\r＝＋－＠"))  # noqa: RUF001


def test_a_cell_is_never_longer_than_excel_takes() -> None:
    assert len(guarded("a" * 40_000)) < 32_767


def test_a_json_line_holds_the_row_and_its_result_and_no_key() -> None:
    line = line_of("ndjson", "b1", ROW, RESULT)
    fields = json.loads(line)
    assert line.endswith(b"\n")
    assert (fields["row"], fields["number"], fields["backfill"]) == (7, 3, "b1")
    assert fields["question"] == ROW.question
    assert fields["columns"] == ROW.columns
    assert fields["citations"][0]["title"] == "Preparos"
    assert "key" not in fields


@given(st.text(max_size=40))
def test_a_json_line_is_one_line_to_every_reader(text: str) -> None:
    row = ROW.model_copy(update={"question": text})
    line = line_of("ndjson", "b1", row, RESULT).decode()
    assert len(line.splitlines()) == 1
    assert json.loads(line)["question"] == text


def test_half_a_character_does_not_end_a_file() -> None:
    row = ROW.model_copy(update={"question": "oi \ud83d"})
    assert json.loads(line_of("ndjson", "b1", row, RESULT))["question"] == "oi \ud83d"
    assert b"oi ?" in line_of("csv", "b1", row, RESULT)


def test_openai_s_line_of_an_answered_row_is_a_completion() -> None:
    line = json.loads(line_of("openai", "b1", ROW, RESULT))
    assert line["custom_id"] == "7"
    assert line["error"] is None
    assert line["response"]["status_code"] == 200
    body = line["response"]["body"]
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["message"] == {
        "role": "assistant",
        "content": RESULT.text,
        "refusal": None,
    }
    assert body["atende"]["citations"][0]["title"] == "Preparos"


def test_openai_s_line_says_that_a_person_has_to_see_to_a_row() -> None:
    body = json.loads(line_of("openai", "b1", ROW, WAITS))["response"]["body"]
    assert body["atende"]["status"] == "needs_human"
    assert body["atende"]["reason"] == "weak_evidence"


def test_openai_s_line_of_a_failed_row_is_an_error_and_no_response() -> None:
    line = json.loads(line_of("openai", "b1", ROW, FAILED))
    assert line["response"] is None
    assert line["error"]["code"] == "too_long"


def test_openai_s_own_code_stands_for_a_row_whose_time_was_over() -> None:
    expired = FAILED.model_copy(update={"reason": "expired"})
    assert json.loads(line_of("openai", "b1", ROW, expired))["error"]["code"] == "batch_expired"


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@given(st.text(alphabet="=@+-,;\t\n\r\"' a\u200b\uff1d(1", max_size=30))
def test_no_cell_names_another_by_whatever_delimiter_a_program_reads(
    delimiter: str, text: str
) -> None:
    row = ROW.model_copy(update={"question": text, "columns": {"Setor": text}})
    data = head_of("csv", ("Setor",)) + line_of("csv", "b1", row, RESULT, ("Setor",))
    lines = io.StringIO(data.decode("utf-8-sig"), newline="")
    cells = [cell for line in csv.reader(lines, delimiter=delimiter) for cell in line]
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "@", "\uff1d"))]
