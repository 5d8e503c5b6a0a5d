"""What a question ends with: the answer, or why there is none. Pure."""

from typing import Any

from workers.answering.cite import cite
from workers.answering.prepare import PreparedQuestion, RefusedQuestion
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

    def of(
        self, question: PreparedQuestion, generation: Generation | None, timings: Timings
    ) -> Outcome:
        """What came of a question that the model was asked; without a generation, it failed."""
        fields: dict[str, Any] = {
            "language": question.language,
            "model": self._model,
            "knowledge_version": question.knowledge_version,
            "prompt_version": self._prompt_version,
            "timings": timings,
        }
        if generation is None:
            message = self._templates.needs_human(question.language)
            return Outcome(status=Status.FAILED, text=message, reason="generation_failed", **fields)
        fields["finish_reason"] = generation.finish_reason
        fields["usage"] = Usage(
            prompt_tokens=generation.prompt_tokens,
            completion_tokens=generation.completion_tokens,
            cached_tokens=generation.cached_tokens,
        )
        reading = read_answer(generation.text, generation.finish_reason)
        if reading.text is None:
            message = self._templates.needs_human(question.language)
            reason = f"model_{reading.refusal}"
            return Outcome(status=Status.NEEDS_HUMAN, text=message, reason=reason, **fields)
        return Outcome(
            status=Status.ANSWERED,
            text=reading.text,
            citations=cite(reading.text, question.prompt.passages),
            **fields,
        )

    def refusal(self, question: RefusedQuestion, timings: Timings) -> Outcome:
        """What came of a question that the model was not asked."""
        return Outcome(
            status=question.status,
            text=self._templates.message(question.message, question.language),
            reason=str(question.reason),
            language=question.language,
            knowledge_version=question.knowledge_version,
            timings=timings,
        )

    @staticmethod
    def shared(stored: SharedAnswer, timings: Timings) -> Outcome:
        """An identical question's outcome: the same words and sources, none of its tokens."""
        return stored.outcome.model_copy(
            update={"usage": Usage(), "timings": timings, "shared": stored.how}
        )
