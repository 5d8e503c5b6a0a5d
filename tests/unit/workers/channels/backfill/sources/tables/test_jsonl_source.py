"""JSON lines: objects, texts, OpenAI's batches, and broken lines."""

import json
from pathlib import Path

import pytest

from workers.channels.backfill.sources.source import LeftOut, SourceError, SourceOptions
from workers.channels.backfill.sources.tables.jsonl_source import JsonlSource, looks_like_json
from workers.contracts.backfill import BackfillRow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "perguntas.jsonl"


def rows(path: Path, *lines: object, **options: object) -> list[BackfillRow]:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    source = JsonlSource(path, SourceOptions(**options))  # type: ignore[arg-type]
    return [row for row in source.rows() if isinstance(row, BackfillRow)]


def request(custom_id: str, *messages: tuple[str, object]) -> dict[str, object]:
    body = {
        "model": "gpt-4o-mini",
        "messages": [{"role": role, "content": content} for role, content in messages],
    }
    url = "/v1/chat/completions"
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": body}


def test_objects_are_rows_by_the_names_of_their_fields(path: Path) -> None:
    first, second = rows(
        path,
        {"id": 7, "pergunta": "Abre?", "resposta": "Sim.", "setor": "A"},
        {"id": 8, "pergunta": "Fecha?", "nota": {"x": 1}},
    )
    assert (first.id, first.place, first.later_answer) == ("7", "linha 1", "Sim.")
    assert first.columns == {"setor": "A", "nota": ""}
    assert second.columns == {"setor": "", "nota": '{"x": 1}'}


def test_a_field_that_the_first_lines_lack_is_not_lost(path: Path) -> None:
    many = [{"pergunta": f"Abre no dia {day}?"} for day in range(250)]
    assert rows(path, *many, {"pergunta": "Fecha?", "setor": "A"})[-1].columns == {"setor": "A"}


def test_texts_alone_are_questions(path: Path) -> None:
    assert [row.question for row in rows(path, '"Abre?"', '"Fecha?"')] == ["Abre?", "Fecha?"]


def test_a_broken_line_is_a_row_that_cannot_be_read_and_harms_no_other(path: Path) -> None:
    read = rows(path, {"text": "Abre?"}, '{"text": "Fech', "", "17", "[]", {"text": "Onde?"})
    assert [(row.place, row.fault) for row in read] == [
        ("linha 1", None),
        ("linha 2", "unreadable"),
        ("linha 4", "unreadable"),
        ("linha 5", "unreadable"),
        ("linha 6", None),
    ]
    assert read[1].question == '{"text": "Fech'


def test_a_line_nested_without_end_harms_no_other(path: Path) -> None:
    read = rows(path, {"text": "Abre?"}, "[" * 200_000, {"text": "Onde?"})
    assert [row.fault for row in read] == [None, "unreadable", None]


def test_an_object_without_the_question_s_field_cannot_be_read(path: Path) -> None:
    read = rows(path, {"text": "Abre?"}, {"txt": "Fecha?"}, {"text": None})
    assert [row.fault for row in read] == [None, "unreadable", "empty"]


def test_the_last_message_of_a_batch_s_request_is_the_question(path: Path) -> None:
    row = rows(
        path,
        request(
            "a-1",
            ("system", "Ignore tudo."),
            ("developer", "Idem."),
            ("user", "Qual o preparo?"),
            ("assistant", "8 horas."),
            ("user", "Oi"),
            ("user", "E de água?"),
        ),
    )[0]
    assert (row.key, row.id, row.shape) == ("a-1", "a-1", "openai")
    assert row.question == "Oi\nE de água?"
    assert [(turn.question, turn.answer) for turn in row.context] == [
        ("Qual o preparo?", "8 horas.")
    ]
    assert "Ignore" not in row.model_dump_json()


def test_a_request_s_parts_that_are_no_text_are_left_out(path: Path) -> None:
    parts = [{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": "Abre?"}]
    with_text, without = rows(
        path, request("a", ("user", parts)), request("b", ("user", parts[:1]))
    )
    assert with_text.question == "Abre?"
    assert (without.id, without.fault) == ("b", "empty")


def test_at_most_three_turns_are_context(path: Path) -> None:
    turns = [turn for n in range(5) for turn in (("user", f"q{n}"), ("assistant", f"a{n}"))]
    row = rows(path, request("a", *turns, ("user", "E no sábado?")))[0]
    assert [turn.question for turn in row.context] == ["q2", "q3", "q4"]


def test_what_the_assistant_said_afterwards_is_the_answer_of_then(path: Path) -> None:
    row = rows(
        path,
        {
            "messages": [
                {"role": "user", "content": "Abre?"},
                {"role": "assistant", "content": "Sim."},
            ]
        },
    )[0]
    assert (row.question, row.later_answer) == ("Abre?", "Sim.")


def test_the_same_custom_id_twice_overwrites_no_row(path: Path) -> None:
    read = rows(path, request("a", ("user", "Abre?")), request("a", ("user", "Fecha?")))
    assert [(row.id, row.question) for row in read] == [("a", "Abre?"), ("a#2", "Fecha?")]
    assert read[1].place == "linha 2 (identificação repetida)"
    assert read[0].key != read[1].key


def test_each_request_has_its_row_also_thanks_and_those_that_ask_nothing(path: Path) -> None:
    embedding = {"custom_id": "c", "method": "POST", "url": "/v1/embeddings", "body": {"x": 1}}
    read = rows(path, request("a", ("user", "Obrigada!")), request("b", ("system", "x")), embedding)
    assert [(row.id, row.fault, row.shape) for row in read] == [
        ("a", None, "openai"),
        ("b", "empty", "openai"),
        ("c", "unreadable", "openai"),
    ]


def test_responses_and_old_completions_are_read_too(path: Path) -> None:
    read = rows(
        path,
        {"custom_id": "a", "url": "/v1/responses", "body": {"input": "Abre?"}},
        {"custom_id": "b", "url": "/v1/completions", "body": {"prompt": "Fecha?"}},
        {
            "custom_id": "c",
            "body": {
                "input": [{"role": "user", "content": [{"type": "input_text", "text": "Onde?"}]}]
            },
        },
    )
    assert [row.question for row in read] == ["Abre?", "Fecha?", "Onde?"]


def test_a_long_custom_id_is_echoed_whole_and_has_a_short_key(path: Path) -> None:
    row = rows(path, request("x" * 500, ("user", "Abre?")))[0]
    assert row.id == "x" * 500
    assert len(row.key) <= 200


def test_a_file_that_is_one_list_is_read(path: Path) -> None:
    read = rows(path, json.dumps([{"text": "Abre?"}, {"text": "Fecha?"}, 3], indent=2))
    assert [(row.question, row.place) for row in read] == [
        ("Abre?", "item 1"),
        ("Fecha?", "item 2"),
        ("3", "item 3"),
    ]
    with pytest.raises(SourceError, match="begins as a JSON list"):
        rows(path, '[{"text": "Abre?"},', '{"text"')


def test_half_a_character_is_none(path: Path) -> None:
    whole, half = rows(path, '{"text": "Abre? \\ud83d\\ude00"}', '{"text": "Abre? \\ud83d"}')
    assert (whole.question, half.question) == ("Abre? 😀", "Abre? ?")
    assert rows(path, '["Abre? \\ud83d"]')[0].question == "Abre? ?"
    half.model_dump_json()


def test_greetings_in_plain_lines_are_left_out(path: Path) -> None:
    rows(path, {"text": "Bom dia"}, {"text": "Abre?"})
    assert list(JsonlSource(path, SourceOptions()).rows())[0] == LeftOut("courtesy")  # noqa: RUF015


def test_that_a_file_is_a_batch_is_shown(path: Path) -> None:
    rows(path, request("a", ("user", "Abre?")))
    guesses = JsonlSource(path, SourceOptions()).guesses()
    assert [(guess.what, guess.value) for guess in guesses] == [
        ("formato", "pedidos em lote da OpenAI")
    ]


def test_a_file_without_any_readable_line_gives_its_lines_as_unreadable(path: Path) -> None:
    assert [row.fault for row in rows(path, "{a", "{b")] == ["unreadable", "unreadable"]


def test_what_begins_as_json_is_told_from_a_table() -> None:
    assert looks_like_json(b'{"text": "Abre?"}\n')
    assert looks_like_json(b'\xef\xbb\xbf [ {"a": 1}]')
    assert looks_like_json(b'{"text": "' + b"a" * 70_000)
    assert not looks_like_json(b"[19/09/2026, 21:21:05] Ana: Abre?\n")
    assert not looks_like_json(b"{nome}; Abre?\n")
