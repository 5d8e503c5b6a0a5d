"""How rightly answers are quoted, and what the selector is fitted to.

    python -m benchmarks.selector                # the two sample clinics, none of them fitted to
    python -m benchmarks.selector --fit          # rankings and surety, from the clinics of its own
    python -m benchmarks.selector --train 1400   # the encoder too, for so many seconds
    python -m benchmarks.selector --train-cross 300  # and the cross-encoder: on a GPU

The encoders are trained on the clinics of `clinics/` that are not held out; rankings and surety are
fitted to the held-out ones and to three further clinics, whose answers are judged by facts. The
sample clinics are never trained on or fitted to.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, keep, show
from benchmarks.selector_clinics import clinics
from benchmarks.selector_examples import Example, examples
from benchmarks.selector_fitting import Choice, Numbers, fit_ranking, fit_surety
from benchmarks.selector_replies import find, find_parts, reply, searched, sent, verdict
from ingestion.knowledge.e5_folder import prepare_e5
from ingestion.knowledge.settings import prepared_models
from workers.answering.quoting.doubts import doubts_of
from workers.answering.quoting.encoder import CROSS_WEIGHTS, WEIGHTS, load_encoder
from workers.answering.quoting.features import with_odds
from workers.answering.quoting.selector import (
    FIT,
    CrossEncoder,
    Fit,
    Linear,
    Selector,
    likeliest,
    load_selector,
)
from workers.answering.triage.triage import load_triage
from workers.evaluation.questions import read_questions
from workers.evaluation.verdicts import BAD, SENT, Verdict
from workers.settings import WorkerSettings

COMMAND: Final = "python -m benchmarks.selector"
ROOT: Final = Path(__file__).parents[1]
SAMPLES: Final = ("clinica", "laboratorio")
#: Least probability of what is sent. At 0.8 of the fitted clinics' answers one in eleven is wrong,
#: by labels and facts that are strict with quotes; a person answers what lies between.
THRESHOLD: Final = 0.85
#: Parts in which the clinics are left out of a fit in turn.
FOLDS: Final = 6


# -- the fit ---------------------------------------------------------------------------------------


def fit(
    everything: Sequence[Example],
    cross_encoder: CrossEncoder,
    level: float,
    temperature: float,
    console: Console,
) -> Fit:
    """Rankings and surety; the figures are of clinics that each fit did not see."""
    first = fit_ranking([each.choice for each in everything if each.teaches_ranking])
    choices = [_read(each, first, cross_encoder) for each in everything]
    names = sorted({each.clinic for each in everything})
    folds = [set(names[start::FOLDS]) for start in range(FOLDS)]
    doubts, right, clinic_of = [], [], []
    for fold in folds:
        ranking = _ranking(everything, choices, out=fold)
        for example, choice in zip(everything, choices, strict=True):
            if example.clinic not in fold or example.is_double:
                continue
            best, row = _best(example, choice, ranking, level, temperature)
            is_right = example.answered_by(best)
            if is_right or not choice.also[best]:
                doubts.append(row)
                right.append(is_right)
                clinic_of.append(example.clinic)
    table, flags = np.array(doubts), np.array(right)
    sent_count = wrong_count = right_count = 0
    for fold in folds:
        inside = np.isin(clinic_of, sorted(fold))
        surety = fit_surety(table[~inside], flags[~inside])
        sure = surety.of(table[inside]) >= np.log(THRESHOLD / (1 - THRESHOLD))
        sent_count += int(sure.sum())
        wrong_count += int((~flags[inside][sure]).sum())
        right_count += int(flags[inside].sum())
    console.print(
        f"{len(flags)} questions, the first candidate answers {right_count}; {sent_count} quoted "
        f"at {THRESHOLD}, {wrong_count} of these wrong"
    )
    return Fit(
        first=first,
        ranking=_ranking(everything, choices, out=set()),
        surety=fit_surety(table, flags),
        level=round(level, 6),
        temperature=round(temperature, 6),
        threshold=THRESHOLD,
    )


def _read(example: Example, first: Linear, cross_encoder: CrossEncoder) -> Choice:
    """The candidates with what the cross-encoder says of the likeliest ones."""
    choice = example.choice
    places = likeliest(first, choice.features)
    texts = [example.candidates[place].indexed for place in places]
    odds = cross_encoder.odds(example.question, texts)
    return Choice(with_odds(choice.features, places, odds), choice.right, choice.also)


def _ranking(everything: Sequence[Example], choices: Sequence[Choice], out: set[str]) -> Linear:
    pairs = zip(everything, choices, strict=True)
    return fit_ranking(
        [choice for each, choice in pairs if each.teaches_ranking and each.clinic not in out]
    )


def _best(
    example: Example, choice: Choice, ranking: Linear, level: float, temperature: float
) -> tuple[int, Numbers]:
    evidence = example.findings.evidence
    if evidence is None:
        raise ValueError("nothing was found, and yet there are candidates")
    scores = ranking.of(choice.features)
    row = doubts_of(scores, choice.features, evidence, level, temperature)
    return int(scores.argmax()), row


# -- the figures -----------------------------------------------------------------------------------


def outcomes(name: str, selector: Selector) -> tuple[Counter[Verdict], int, float]:
    """Verdicts on a sample clinic's questions, how many it answers, and seconds a question."""
    triage, counts = load_triage(), Counter[Verdict]()
    questions, _ = read_questions(ROOT / "examples" / name / "perguntas.csv")
    seconds = 0.0
    with searched(ROOT / "examples" / name / "documentos") as knowledge:
        read = partial(knowledge.chunks_in_force, "clinic")
        for known in questions:
            findings = find(knowledge, known.question)
            start = time.perf_counter()
            if fixed := triage.of(known.question, "pt"):
                ended = reply(fixed.status.value, reason=fixed.reason)
            elif quote := selector.select(
                known.question, findings, read, (), find_parts(knowledge, known.question)
            ):
                ended = sent(quote)
            else:
                ended = reply("needs_human", reason="unsure")
            seconds += time.perf_counter() - start
            counts[verdict(known, findings, ended)] += 1
    answerable = sum(known.answerable for known in questions)
    return counts, answerable, seconds / len(questions)


def measure(console: Console) -> None:
    """Quote the sample clinics' questions."""
    selector = load_selector(WorkerSettings())
    table = Table("clinic", *(each.value for each in Verdict), "ms a question", box=None)
    figures = []
    for name in SAMPLES:
        counts, answerable, seconds = outcomes(name, selector)
        table.add_row(name, *(str(counts[each]) for each in Verdict), f"{1000 * seconds:.0f}")
        right = 100 * counts[Verdict.RIGHT] / answerable
        sent = sum(counts[each] for each in SENT)
        wrong = 100 * sum(counts[each] for each in BAD) / max(1, sent)
        figures += [
            Figure(f"quoted rightly, {name}", (right,), "% of answerable", 60, COMMAND),
            Figure(f"quoted wrongly, {name}", (wrong,), "% of sent", 5, COMMAND, most=True),
        ]
    console.print(table)
    show(figures)
    keep(figures)


def main() -> None:
    """Train and fit where asked to, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="fit rankings and surety anew")
    parser.add_argument("--train", type=float, metavar="SECONDS", help="train the encoder too")
    parser.add_argument(
        "--train-cross", type=float, metavar="SECONDS", help="train the cross-encoder too"
    )
    arguments = parser.parse_args()
    console, settings = Console(), WorkerSettings()
    shipped = Fit.model_validate_json(FIT.read_bytes())
    level, temperature = shipped.level, shipped.temperature
    folder = prepare_e5(prepared_models(settings))
    taught = [each for each in clinics() if not each.held_out]
    if arguments.train:
        from benchmarks.selector_training import train  # noqa: PLC0415 - torch: seconds

        model = train(folder, taught, arguments.train)
        model.save(WEIGHTS)
        level, temperature = model.level.item(), model.log_temperature.exp().item()
    if arguments.train_cross:
        from benchmarks.cross_training import save, train_cross  # noqa: PLC0415 - likewise

        cross = train_cross(folder, taught, arguments.train_cross)
        save(cross, folder, CROSS_WEIGHTS)
    if arguments.fit or arguments.train or arguments.train_cross:
        from workers.answering.quoting.cross_encoder import (  # noqa: PLC0415 - likewise
            load_cross_encoder,
        )

        encoder = load_encoder(settings)
        cross_encoder = load_cross_encoder(folder, encoder.embeddings)
        made = fit(list(examples(encoder)), cross_encoder, level, temperature, console)
        FIT.write_text(made.model_dump_json(indent=1) + "\n", encoding="utf-8")
    measure(console)


if __name__ == "__main__":
    main()
