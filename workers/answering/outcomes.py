"""What a question ends with: the answer, or why there is none. Pure."""

from dataclasses import dataclass
from typing import Any

from workers.answering.check.check import faults
from workers.answering.check.fault import Fault
from workers.answering.cite import cite
from workers.answering.prepare import FoundQuestion, Prepared, PreparedQuestion, RefusedQuestion
from workers.answering.quoting.quote import Quote
from workers.answering.quoting.selector import Selector
from workers.answering.read import read_answer
from workers.answering.templates import LANGUAGES, PassageView, Templates
from workers.contracts.question import Outcome, Status, Timings, Usage, Way
from workers.contracts.shared_answers import SharedAnswer
from workers.engine.protocol import Generation


@dataclass(frozen=True, slots=True)
class Unsent:
    """A question without words of the model that may be sent: what may be quoted is looked for.

    Attributes:
        reason: of the outcome, where a person answers.
        fields: of the outcome in any case.
    """

    question: PreparedQuestion | FoundQuestion
    reason: str
    fields: dict[str, Any]


class Outcomes:
    """Writes outcomes for one model and its prompts.

    Args:
        templates: what patients are told.
        model: its name.
        prompt_version: of the prompts that it was given.
        selector: picks the documents' words where the model's cannot be sent; None: nothing does.
    """

    def __init__(
        self,
        templates: Templates,
        model: str,
        prompt_version: str,
        selector: Selector | None = None,
    ) -> None:
        self._selector = selector
        self._templates = templates
        self._own_texts = {language: templates.own_texts(language) for language in LANGUAGES}
        self._model = model
        self._prompt_version = prompt_version

    def of(
        self, question: PreparedQuestion, generation: Generation | None, timings: Timings
    ) -> Outcome:
        """What came of a question that the model was asked; without a generation, it failed.

        What the model wrote is sent where it stands in the passages that it was shown. Else the
        documents' own words are, where a sentence surely answers; else a person answers.
        """
        checked = self.checked(question, generation, timings)
        return self.instead(checked) if isinstance(checked, Unsent) else checked

    def checked(
        self, question: PreparedQuestion, generation: Generation | None, timings: Timings
    ) -> "Outcome | Unsent":
        """The same as far as it takes a few milliseconds: what may not be sent is for `instead`."""
        fields = _fields(question, timings)
        fields |= {"model": self._model, "prompt_version": self._prompt_version}
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
            return self._unsent(question, f"model_{reading.refusal}", fields)
        wrong = self._faults(question, reading.text)
        if wrong:
            fields["faults"] = tuple(dict.fromkeys(fault.kind.value for fault in wrong))
            fields["refused"] = reading.text
            return self._unsent(question, "unsupported", fields)
        return Outcome(
            status=Status.ANSWERED,
            text=reading.text,
            way=Way.WRITE,
            citations=cite(reading.text, question.prompt.passages, question.meant),
            **fields,
        )

    def instead(self, unsent: "Unsent") -> Outcome:
        """What is sent in its place: a quote where one surely answers, else a person does.

        It takes a second where the encoder has not seen the passages.

        Raises:
            KnowledgeError: a document cannot be read now; the question is not to blame.
        """
        question = unsent.question
        read = question.read if isinstance(question, FoundQuestion) else None
        quote = self._selector and self._selector.select(
            question.text, question.findings, read, question.meanings, question.parts
        )
        return self._quote(quote, unsent.fields) if quote else self._to_a_person(unsent)

    @staticmethod
    def unwritten(question: FoundQuestion, timings: Timings) -> Unsent:
        """What is for `instead`, of a question that the model is not asked."""
        return Unsent(question, "unsure", _fields(question, timings))

    def refused(self, question: RefusedQuestion, timings: Timings) -> Outcome:
        """What came of a question for which nothing was written or quoted."""
        text = self._templates.message(question.message, question.language)
        reason = str(question.reason)
        return Outcome(
            status=question.status, text=text, reason=reason, **_fields(question, timings)
        )

    @staticmethod
    def shared(stored: SharedAnswer, timings: Timings) -> Outcome:
        """An identical question's outcome: the same words and sources, none of its tokens."""
        return stored.outcome.model_copy(
            update={"usage": Usage(), "timings": timings, "shared": stored.how}
        )

    def _faults(self, question: PreparedQuestion, text: str) -> tuple[Fault, ...]:
        own_texts = self._own_texts[question.language]
        passages = question.prompt.passages
        return faults(text, question.meant, passages, question.language, own_texts)

    def _unsent(
        self, question: PreparedQuestion, reason: str, fields: dict[str, Any]
    ) -> "Outcome | Unsent":
        unsent = Unsent(question, reason, fields)
        return unsent if self._selector else self._to_a_person(unsent)

    def _to_a_person(self, unsent: "Unsent") -> Outcome:
        message = self._templates.needs_human(unsent.question.language)
        return Outcome(
            status=Status.NEEDS_HUMAN, text=message, reason=unsent.reason, **unsent.fields
        )

    def _quote(self, quote: Quote, fields: dict[str, Any]) -> Outcome:
        parts = [PassageView(each.heading, each.text) for each in quote.excerpts]
        rest = quote.rest.sections if quote.rest else ()
        return Outcome(
            status=Status.ANSWERED,
            text=self._templates.quote(fields["language"], parts, rest),
            way=Way.QUOTE,
            citations=tuple(each.citation for each in quote.excerpts),
            **fields,
        )


def _fields(question: Prepared, timings: Timings) -> dict[str, Any]:
    """What every outcome says, however the question ended."""
    return {
        "language": question.language,
        "knowledge_version": question.knowledge_version,
        "timings": timings,
        "searched": question.searched,
    }
