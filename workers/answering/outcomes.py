"""What a question ends with: the answer, or why there is none. Pure."""

from typing import Any

from workers.answering.cite import cite
from workers.answering.prepare import Ready, Refused
from workers.answering.read import read_answer
from workers.answering.templates import Templates
from workers.contracts.question import Outcome, Status, Timings, Usage
from workers.contracts.shared_answers import SharedAnswer
from workers.engine.protocol import Generation


class Outcomes:
    """Writes outcomes for one model and its prompts."""

    def __init__(self, templates: Templates, model: str, prompt_version: str) -> None:
        self._templates = templates
        self._model = model
        self._prompt_version = prompt_version

    def of(self, ready: Ready, generation: Generation | None, timings: Timings) -> Outcome:
        """What came of a question that the model was asked; no generation: it failed."""
        common: dict[str, Any] = {
            "language": ready.language,
            "model": self._model,
            "knowledge_version": ready.knowledge_version,
            "prompt_version": self._prompt_version,
            "timings": timings,
        }
        if generation is None:
            sorry = self._templates.needs_human(ready.language)
            return Outcome(status=Status.FAILED, text=sorry, reason="generation_failed", **common)
        common["finish_reason"] = generation.finish_reason
        common["usage"] = Usage(
            prompt_tokens=generation.prompt_tokens,
            completion_tokens=generation.completion_tokens,
            cached_tokens=generation.cached_tokens,
        )
        reading = read_answer(generation.text, generation.finish_reason)
        if reading.text is None:
            sorry, reason = self._templates.needs_human(ready.language), f"model_{reading.refusal}"
            return Outcome(status=Status.NEEDS_HUMAN, text=sorry, reason=reason, **common)
        return Outcome(
            status=Status.ANSWERED,
            text=reading.text,
            citations=cite(reading.text, ready.prompt.passages),
            **common,
        )

    def refusal(self, refused: Refused, timings: Timings) -> Outcome:
        """What the asker of a question is told that the model was not asked."""
        return Outcome(
            status=refused.status,
            text=self._templates.needs_human(refused.language),
            reason=str(refused.reason),
            language=refused.language,
            knowledge_version=refused.knowledge_version,
            timings=timings,
        )

    @staticmethod
    def shared(stored: SharedAnswer, timings: Timings) -> Outcome:
        """An identical question's outcome: the same words and sources, none of its tokens."""
        return stored.outcome.model_copy(
            update={"usage": Usage(), "timings": timings, "shared": stored.how}
        )
