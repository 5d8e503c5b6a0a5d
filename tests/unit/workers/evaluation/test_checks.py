from tests.unit.workers.evaluation.runs import reply, result, run
from workers.answering.check.fault import Kind
from workers.evaluation.checks import CheckRow, check_figures
from workers.evaluation.reply import Reply
from workers.evaluation.report import page


def refused(text: str, *faults: Kind) -> Reply:
    changes = {"faults": tuple(faults), "refused": text}
    return reply("", status="needs_human", reason="unsupported").model_copy(update=changes)


FACTS = (("8 horas",),)
RUN = run(
    result("a", 1, replies=(refused("São 9 horas.", Kind.NUMBER, Kind.ECHO),), facts=FACTS),
    result("b", 1, replies=(refused("São 12 horas.", Kind.NUMBER),), risk=True, facts=FACTS),
    result("c", 1, replies=(refused("São 8 horas.", Kind.ECHO),), facts=FACTS),
    result("d", 1, replies=(reply("São 7 horas."),), facts=FACTS),
    result("e", 1, replies=(reply("São 8 horas."),), facts=FACTS),
)


def test_a_refused_answer_counts_by_the_verdict_it_would_have_got() -> None:
    check = check_figures(RUN)
    assert check
    assert check.rows == (
        CheckRow(Kind.NUMBER, caught=2, dangerous=1, refused_wrongly=0),
        CheckRow(Kind.ECHO, caught=1, dangerous=0, refused_wrongly=1),
    )
    assert (check.caught, check.refused_wrongly, check.slipped, check.sent_rightly) == (2, 1, 1, 1)
    assert (check.caught_share, check.wrongly_share) == (2 / 3, 1 / 2)


def test_where_nothing_was_refused_nothing_is_said() -> None:
    assert check_figures(run(result("d", 1, replies=(reply("São 7 horas."),), facts=FACTS))) is None


def test_the_report_shows_it() -> None:
    html = page(RUN, "pt")
    assert "número em nenhum trecho" in html
    assert "1 respostas erradas passaram" in html
