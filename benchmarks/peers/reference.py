"""The bare engine: `LLM.chat`, given all the prompts at once. Nothing is searched on its clock."""

import time

from benchmarks.peers.llm import Chat
from benchmarks.peers.work import Measured, Run, Work, run, say
from ingestion.knowledge.base import open_knowledge

SYSTEM = "LLM.chat, all at once"


def measure(work: Work, most: int | None) -> Measured:
    """Search first, then start the engine and give it set after set."""
    settings = work.settings()
    warm, sets = work.sets()
    asked = [warm, *(each[:most] for each in sets)]
    with open_knowledge(settings) as knowledge:
        found = [work.find(knowledge, settings, questions) for questions in asked]
    chat = Chat(work)
    say(SYSTEM, f"ready after {chat.seconds:.0f} s")
    warming, *prompts = [
        chat.prompts(questions, passages) for questions, passages in zip(asked, found, strict=True)
    ]
    chat.answer(warming)
    runs = []
    for each in prompts:
        begun = time.perf_counter()
        answers = chat.answer(each)
        seconds = time.perf_counter() - begun
        _, prompt, completion, cached = zip(*answers, strict=True)
        runs.append(Run(len(each), seconds, sum(prompt), sum(completion), sum(cached)))
        say(SYSTEM, f"{runs[-1].rate:.2f} answers/s")
    return Measured(SYSTEM, chat.seconds, tuple(runs))


if __name__ == "__main__":
    run(SYSTEM, measure)
