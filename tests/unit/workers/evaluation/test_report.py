import re
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from tests.unit.workers.evaluation.runs import HOSTILE, MANY, reply, result, run
from workers.answering.language import Language
from workers.contracts.question import Status
from workers.evaluation.comparison import compare
from workers.evaluation.report import comparison_page, page
from workers.evaluation.run import Run
from workers.evaluation.texts import labels_of


class Page(HTMLParser):
    """Collects what a browser would load or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.handlers: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href", "action", "data"} and value:
                self.loads.append(value)
            if name.startswith("on"):
                self.handlers.append(name)


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize(
    "evaluation",
    [
        MANY,
        run(result("a", 1), calibrated=False),
        run(result("d", None, answerable=False)),
        run(result("e", None, facts=((HOSTILE,),), replies=(reply(HOSTILE),))),
    ],
)
def test_a_page_loads_nothing_and_runs_nothing_whatever_the_texts_hold(
    evaluation: Run, language: Language
) -> None:
    comparison = comparison_page(evaluation, MANY, compare(evaluation, MANY), language)
    for html in (page(evaluation, language), comparison):
        parts = Page(html)
        assert not {"script", "img", "link", "iframe", "object"} & set(parts.tags)
        assert parts.handlers == []
        assert all(address.startswith("#") for address in parts.loads)
        assert "@import" not in html
        assert not re.search(r"url\((?!#)", html)
        assert "default-src 'none'" in html


def test_a_page_shows_figures_misses_and_wrong_decisions() -> None:
    html = page(MANY, "pt")
    assert html.count("<figure") == 5
    for text in ("33,3 %", "O que não foi encontrado (2)", "Barradas, embora tenham resposta (1)"):
        assert text in html
    assert "padrão do Atende" in html
    assert "Passam, embora não tenham resposta (1)" in html


TWICE = run(
    result("certa", 1, facts=(("8 horas",),), replies=(reply("8 horas"), reply("Depende."))),
    result(
        f"b {HOSTILE}",
        None,
        facts=(("nem água", HOSTILE),),
        never=(("12 horas",),),
        passages=(HOSTILE, "nem água"),
        risk=True,
        replies=(reply(f"12 horas {HOSTILE}"), reply("Nem água")),
    ),
).model_copy(update={"at_once": (1, 8)})


@pytest.mark.parametrize("language", get_args(Language))
def test_verdicts_are_shown_with_their_spread_and_reasons(language: Language) -> None:
    html = page(TWICE, language)
    for name in ("dangerous", "right", "to_person_wrongly"):
        assert labels_of(language)[f"verdict_{name}"] in html
    assert '<td class="number">0 … 1</td>' in html
    assert f"{labels_of(language)['why_never']}: 12 horas" in html
    assert f"{labels_of(language)['unsteady']} (2)" in html
    assert f"{labels_of(language)['not_found']}: “" in html
    assert labels_of(language)["next_dangerous"].format(count=1) in html
    assert "<script" not in html


def test_a_command_to_type_is_marked_as_one() -> None:
    html = page(run(result("a", 1), calibrated=False).model_copy(update={"name": "p.csv"}), "en")
    assert "<code>atende calibrate p.csv</code>" in html


def test_a_changed_verdict_is_shown_in_the_comparison() -> None:
    before = run(result("a", 1, facts=(("8 horas",),), replies=(reply("8 horas"),)))
    after = run(result("a", 1, facts=(("8 horas",),), replies=(reply("Depende."),)))
    html = comparison_page(before, after, compare(before, after), "en")
    assert "Questions with another verdict (1)" in html
    assert "<td>right</td><td>wrong</td>" in html


def test_both_languages_have_the_same_labels_and_the_templates_use_no_other() -> None:
    assert set(labels_of("pt")) == set(labels_of("en"))
    used = {
        name
        for path in Path("workers/evaluation/templates").iterdir()
        for name in re.findall(r"\bt\.(\w+)", path.read_text("utf-8"))
    }
    assert used <= set(labels_of("pt"))


@pytest.mark.parametrize("status", [*(each for each in Status if each.ended), "unanswered"])
def test_every_end_of_a_question_has_its_words(status: str) -> None:
    ended = reply("x", 0.0).model_copy(update={"status": str(status), "reason": "why"})
    html = page(run(result("a", 1, replies=(ended,))), "pt")
    assert (f"status_{status}" in labels_of("pt")) == (status != "answered")
    assert ("why" in html) == (status != "answered")
