"""The bare engine: `LLM.chat`, given all prompts at once. Its clock counts no search."""

import time

from benchmarks.peers.llm import Chat
from benchmarks.peers.work import Measurement, Run, Work, run, say
from ingestion.knowledge.base import open_knowledge

SYSTEM = "LLM.chat, all at once"


def measure(work: Work, most: int | None) -> Measurement:
    """Search first, then start the engine and give it set after set."""
    settings = work.settings()
    warm, sets = work.sets()
    question_sets = [warm, *(questions[:most] for questions in sets)]
    with open_knowledge(settings) as knowledge:
        passage_sets = [work.find(knowledge, settings, questions) for questions in question_sets]
    chat = Chat(work)
    say(SYSTEM, f"ready after {chat.seconds:.0f} s")
    warm_prompts, *prompt_sets = [
        chat.prompts(questions, passages)
        for questions, passages in zip(question_sets, passage_sets, strict=True)
    ]
    chat.answer(warm_prompts)
    runs = []
    for prompts in prompt_sets:
        start_time = time.perf_counter()
        answers = chat.answer(prompts)
        seconds = time.perf_counter() - start_time
        _, prompt, completion, cached = zip(*answers, strict=True)
        runs.append(Run(len(prompts), seconds, sum(prompt), sum(completion), sum(cached)))
        say(SYSTEM, f"{runs[-1].rate:.2f} answers/s")
    return Measurement(SYSTEM, chat.seconds, tuple(runs))


if __name__ == "__main__":
    run(SYSTEM, measure)
