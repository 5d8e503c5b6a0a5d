"""How rightly answers are quoted, and what the selector is fitted to.

    python -m benchmarks.selector             # the two sample clinics, none of them fitted to
    python -m benchmarks.selector --fit       # ranking and surety anew, from the clinics of its own
    python -m benchmarks.selector --train 1400  # the encoder too, for so many seconds

The encoder is trained on the clinics of `clinics/` that are not held out; ranking and surety are
fitted to the held-out ones and to three further clinics, whose answers are judged by facts. The
sample clinics are never trained on or fitted to.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, keep, show
from benchmarks.selector_clinics import FOLDER, clinics, words
from benchmarks.selector_fitting import Choice, Numbers, fit_ranking, fit_surety
from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.knowledge.e5_folder import prepare_e5
from ingestion.knowledge.search.evidence import Findings
from ingestion.knowledge.settings import prepared_models
from ingestion.pipeline import ingest
from workers.answering.quoting.candidates import Candidate, candidates_of
from workers.answering.quoting.doubts import doubts_of
from workers.answering.quoting.encoder import WEIGHTS, load_encoder
from workers.answering.quoting.features import features_of
from workers.answering.quoting.quote import Excerpt, Quote, excerpt_of
from workers.answering.quoting.selector import (
    FIT,
    QUOTED_FROM,
    Fit,
    Linear,
    Selector,
    load_selector,
)
from workers.answering.templates import PassageView, Templates
from workers.answering.triage.triage import load_triage
from workers.evaluation.questions import KnownQuestion, read_questions
from workers.evaluation.reply import Reply
from workers.evaluation.search import numbers_of
from workers.evaluation.verdicts import BAD, SENT, Verdict, judge
from workers.settings import WorkerSettings

COMMAND: Final = "python -m benchmarks.selector"
ROOT: Final = Path(__file__).parents[1]
SAMPLES: Final = ("clinica", "laboratorio")
JUDGED: Final = ("odonto", "oftalmo", "ortopedia")
#: Least probability of what is sent. At 0.8 of the fitted clinics' answers one in nine is wrong, by
#: facts that are strict with quotes, and of the laboratory's two were dangerous; a person answers
#: what lies between.
THRESHOLD: Final = 0.85


@dataclass(frozen=True, slots=True)
class Example:
    """A question of a clinic, what was found, and which candidates answer."""

    clinic: str
    findings: Findings
    candidates: Sequence[Candidate]
    choice: Choice
    answerable: bool
    known: KnownQuestion | None
    is_double: bool

    @property
    def teaches_ranking(self) -> bool:
        """Whether it tells what should come first."""
        return self.answerable and not self.is_double and bool(self.choice.right.any())


@contextmanager
def searched(documents: Path) -> Iterator[Knowledge]:
    """A knowledge base of its own with a clinic's documents."""
    with tempfile.TemporaryDirectory() as folder:
        settings = WorkerSettings(data_dir=Path(folder))
        with open_knowledge(settings) as knowledge:
            ingest(documents, "clinic", knowledge)
            yield knowledge


def find(knowledge: Knowledge, question: str) -> Findings:
    """What the search finds."""
    return knowledge.find([("clinic", question)], QUOTED_FROM)[0]


def said(excerpts: Sequence[Excerpt], rest: Sequence[str] = ()) -> str:
    """What a patient is told."""
    parts = [PassageView(each.heading, each.text) for each in excerpts]
    return Templates.load(None).quote("pt", parts, rest)


def sent(quote: Quote) -> Reply:
    """The reply with a quote."""
    text = said(quote.excerpts, quote.rest.sections if quote.rest else ())
    documents = dict.fromkeys(each.passage.document for each in quote.excerpts)
    quoted = {"way": "quote", "citations": tuple(documents)}
    return reply("answered", text).model_copy(update=quoted)


def verdict(known: KnownQuestion, findings: Findings, reply: Reply) -> Verdict:
    """What a reply is worth."""
    judgement = judge(known, reply, numbers_of(known, findings.passages))
    if judgement is None:
        raise ValueError(f"{known.id} has no facts")
    return judgement.verdict


def reply(status: str, text: str = "", reason: str | None = None) -> Reply:
    """A reply without its times."""
    return Reply.model_validate({
        "status": status, "reason": reason, "text": text, "citations": (), "model": None,
        "f1": None, "exact": None, "waited": 0.0, "retrieved": 0.0, "generated": 0.0,
    })  # fmt: skip


# -- the fit ---------------------------------------------------------------------------------------


def examples() -> Iterator[Example]:
    """The questions of the held-out clinics and of those that are judged by facts."""
    encoder = load_encoder(WorkerSettings())

    def features(question: str, candidates: Sequence[Candidate]) -> Numbers:
        cosines = encoder.cosines(question, [each.indexed for each in candidates])
        return features_of(question, candidates, cosines)

    for clinic in (each for each in clinics() if each.held_out):
        with tempfile.TemporaryDirectory() as folder:
            clinic.write(Path(folder))
            with searched(Path(folder)) as knowledge:
                for asked in clinic.questions:
                    findings = find(knowledge, asked.text)
                    candidates = candidates_of(findings.passages)
                    texts = [words(each.text) for each in candidates]
                    gold = {words(clinic.units[place]) for place in asked.gold}
                    also = {words(clinic.units[place]) for place in asked.also}
                    choice = Choice(
                        features(asked.text, candidates),
                        np.array([text in gold for text in texts]),
                        np.array([text in also for text in texts]),
                    )
                    yield Example(
                        clinic.name, findings, candidates, choice, bool(gold), None, asked.both
                    )
    for name in JUDGED:
        questions, _ = read_questions(FOLDER / name / "perguntas.csv")
        with searched(FOLDER / name / "documentos") as knowledge:
            for known in questions:
                if known.kind in {"greeting", "emergency"}:
                    continue  # they are told apart before the search
                findings = find(knowledge, known.question)
                candidates = candidates_of(findings.passages)
                right = [
                    known.answerable
                    and verdict(known, findings, reply("answered", each.indexed)) is Verdict.RIGHT
                    for each in candidates
                ]
                choice = Choice(
                    features(known.question, candidates),
                    np.array(right, bool),
                    np.zeros(len(candidates), bool),
                )
                is_double = known.kind == "two_in_one"
                yield Example(
                    name, findings, candidates, choice, known.answerable, known, is_double
                )


def answers(example: Example, best: int) -> bool:
    """Whether the excerpt around a candidate answers."""
    excerpt = excerpt_of(example.candidates[best], example.candidates)
    if example.known is not None:
        sent = reply("answered", said([excerpt]))
        return (
            example.answerable and verdict(example.known, example.findings, sent) is Verdict.RIGHT
        )
    return any(
        is_right
        and each.passage == excerpt.passage
        and excerpt.start <= each.span.start < excerpt.end
        for each, is_right in zip(example.candidates, example.choice.right, strict=True)
    )


def fit(level: float, temperature: float, console: Console) -> Fit:
    """Ranking and surety; the figures are of clinics that each fit did not see."""
    everything = [each for each in examples() if len(each.candidates)]
    names = sorted({each.clinic for each in everything})
    doubts, right, groups = [], [], []
    for name in names:
        others = [each for each in everything if each.clinic != name and each.teaches_ranking]
        ranking = fit_ranking([each.choice for each in others])
        for example in (each for each in everything if each.clinic == name and not each.is_double):
            best, row = _best(example, ranking, level, temperature)
            is_right = answers(example, best)
            if is_right or not example.choice.also[best]:
                doubts.append(row)
                right.append(is_right)
                groups.append(name)
    table, flags, clinic_of = np.array(doubts), np.array(right), np.array(groups)
    sent = wrong = 0
    for name in names:
        surety = fit_surety(table[clinic_of != name], flags[clinic_of != name])
        sure = surety.of(table[clinic_of == name]) >= np.log(THRESHOLD / (1 - THRESHOLD))
        sent += int(sure.sum())
        wrong += int((~flags[clinic_of == name][sure]).sum())
    console.print(f"{len(flags)} questions, {sent} quoted at {THRESHOLD}, {wrong} of these wrong")
    return Fit(
        ranking=fit_ranking([each.choice for each in everything if each.teaches_ranking]),
        surety=fit_surety(table, flags),
        level=round(level, 6),
        temperature=round(temperature, 6),
        threshold=THRESHOLD,
    )


def _best(
    example: Example, ranking: Linear, level: float, temperature: float
) -> tuple[int, Numbers]:
    evidence = example.findings.evidence
    if evidence is None:
        raise ValueError("nothing was found, and yet there are candidates")
    scores = ranking.of(example.choice.features)
    row = doubts_of(scores, example.choice.features, evidence, level, temperature)
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
            elif quote := selector.select(known.question, findings, read):
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
    parser.add_argument("--fit", action="store_true", help="fit ranking and surety anew")
    parser.add_argument("--train", type=float, metavar="SECONDS", help="train the encoder too")
    arguments = parser.parse_args()
    console = Console()
    shipped = Fit.model_validate_json(FIT.read_bytes())
    level, temperature = shipped.level, shipped.temperature
    if arguments.train:
        from benchmarks.selector_training import train  # noqa: PLC0415 - torch: seconds

        folder = prepare_e5(prepared_models(WorkerSettings()))
        model = train(folder, [each for each in clinics() if not each.held_out], arguments.train)
        model.save(WEIGHTS)
        level, temperature = model.level.item(), model.log_temperature.exp().item()
    if arguments.fit or arguments.train:
        made = fit(level, temperature, console)
        FIT.write_text(made.model_dump_json(indent=1) + "\n", encoding="utf-8")
    measure(console)


if __name__ == "__main__":
    main()
