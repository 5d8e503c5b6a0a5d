import re

import pytest

from workers.engine.thinking import MARKS, Marks, Thinking, closed_by, marks_in, opened_by

ANSWER = "O jejum é de 8 horas."
HARMONY = re.compile(re.escape("<|end|>") + "|" + re.escape("<|start|>"))


@pytest.mark.parametrize("marks", MARKS, ids=lambda marks: marks.opening)
def test_what_is_thought_is_no_part_of_the_answer(marks: Marks) -> None:
    opening, closing = marks.opening, marks.closing
    whole = f"{opening}\nNÃO SEI? O paciente quer 12 horas.\n{closing}\n\n{ANSWER}"
    text, reason = Thinking().answer(whole, "stop")
    assert (text.strip(), reason) == (ANSWER, "stop")
    without_opening = whole.removeprefix(opening)  # the template has written it
    assert Thinking(opened=True).answer(without_opening, "stop")[0].strip() == ANSWER
    assert Thinking().answer(without_opening, "stop")[0].strip() == ANSWER


@pytest.mark.parametrize("marks", MARKS, ids=lambda marks: marks.opening)
@pytest.mark.parametrize("before", ["", "São 12 horas. "])
def test_a_generation_that_ends_inside_its_thinking_is_cut(marks: Marks, before: str) -> None:
    text = f"{before}{marks.opening} São 12 horas."
    assert Thinking().answer(text, "length") == ("", "length")
    assert Thinking().answer(text, "stop") == ("", "length")
    assert Thinking().answer(text, "abort") == ("", "abort")


def test_inside_an_open_thinking_nothing_is_an_answer_until_it_is_closed() -> None:
    assert Thinking(opened=True).answer("São 12 horas.", "stop") == ("", "length")
    assert Thinking(opened=True).answer(f"Hum.</think>{ANSWER}", "stop") == (ANSWER, "stop")


def test_what_is_thought_again_after_the_answer_began_leaves_none() -> None:
    assert Thinking().answer(f"<think>a</think>{ANSWER}<think>b", "stop") == ("", "length")
    assert Thinking().answer(f"{ANSWER}<think>b</think>", "stop") == ("", "stop")


def test_only_the_final_channel_is_an_answer_and_no_special_token_stays() -> None:
    thinking = Thinking(special=HARMONY)
    analysis = "<|channel|>analysis<|message|>São 12 horas?<|end|><|start|>assistant"
    final = f"<|channel|>final<|message|>{ANSWER}<|end|>"
    assert thinking.answer(analysis + final, "stop") == (ANSWER, "stop")
    assert thinking.answer(final, "stop") == (ANSWER, "stop")
    assert thinking.answer("<|channel|>commentary<|message|>Um momento.", "stop")[0] == ""
    assert thinking.answer(analysis, "length") == ("", "length")


def test_tags_around_an_answer_go() -> None:
    text = f"<think>Hum.</think><response>{ANSWER}</response>"
    assert Thinking().answer(text, "stop") == (ANSWER, "stop")


@pytest.mark.parametrize(
    "text", [ANSWER, "Peso < 70 kg e > 50 kg.", "Pense nisso: [hoje] às 8h.", "1. Jejum\n2. Água"]
)
def test_an_answer_without_thinking_stays_as_it_is(text: str) -> None:
    assert Thinking().answer(text, "length") == (text, "length")


def test_where_a_prompt_ends_says_whether_it_is_open() -> None:
    marks = opened_by("<|Assistant|><think>\n")
    assert marks is not None
    assert marks.closing == "</think>"
    assert opened_by("<think>\n\n</think>\n\n") is None
    assert opened_by("o que é <think>?<|im_start|>assistant\n") is None
    assert closed_by("<think>\n\n</think>\n\n")
    assert not closed_by("assistant\n")


def test_a_template_names_its_models_marks() -> None:
    marks = marks_in("{{ content.split('</think>')[-1] }}")
    assert marks is not None
    assert marks.opening == "<think>"
    assert marks_in("{{ messages[0].content }}") is None
