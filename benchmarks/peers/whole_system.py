"""Ours: `atende up` as it is, questions enqueued in the bulk lane, until the last is settled."""

import time
from statistics import median

from benchmarks.peers.work import SETTINGS, Measurement, Run, Work, run, say
from benchmarks.running import System, running
from workers.contracts.question import Lane

SYSTEM = "Atende"


def measure(work: Work, most: int | None) -> Measurement:
    """Set after set through one running stack."""
    warm, sets = work.sets()
    with running(work.data, SYSTEM, SETTINGS) as system:
        answer(system, warm)
        runs = []
        for questions in sets:
            runs.append(answer(system, questions[:most]))
            say(SYSTEM, f"{runs[-1].rate:.2f} answers/s")
        return Measurement(SYSTEM, system.start_seconds, tuple(runs))


def answer(system: System, questions: list[str]) -> Run:
    """From the first enqueue to the last settle."""
    before = system.ended()
    start = time.perf_counter()
    ids = system.enqueue([(question, Lane.BULK) for question in questions])
    system.await_ended(before + len(questions))
    seconds = time.perf_counter() - start
    outcomes = system.outcomes(ids)
    usages = [outcome.usage for outcome in outcomes]
    generating = sum(outcome.timings.generated for outcome in outcomes)
    searching = median(outcome.timings.retrieved for outcome in outcomes)
    say(SYSTEM, f"{generating / seconds:.1f} generated at once, {searching:.2f} s for a search")
    return Run(
        len(questions),
        seconds,
        sum(usage.prompt_tokens for usage in usages),
        sum(usage.completion_tokens for usage in usages),
        sum(usage.cached_tokens for usage in usages),
    )


if __name__ == "__main__":
    run(SYSTEM, measure)
