"""From a question and its passages to a prompt. Pure but for the date, which it is given."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ingestion import validity
from ingestion.knowledge.passage import Passage
from workers.answering.errors import QuestionTooLongError
from workers.answering.format import PromptFormat, shortened
from workers.answering.language import Language
from workers.answering.templates import Style, Templates, TurnView
from workers.contracts.conversation import Turn
from workers.engine.protocol import Prompt, Tokenizer
from workers.settings import WorkerSettings

#: Turns of a conversation that a prompt shows, and characters of each question and answer in it.
TURNS: Final = 3
TURN_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class AnswerPrompt(Prompt):
    """A prompt that asks for an answer.

    Attributes:
        passages: the passages in it, in their order there.
    """

    passages: tuple[Passage, ...]


class Prompter:
    """Builds prompts for one model.

    Args:
        templates: the texts.
        tokenizer: the model's.
        settings: how long, how many passages.
        today: the date that a prompt says. It stands before the passages, so that a day's prompts
            share their beginning.

    Attributes:
        style: `chat` or `completion`.
        today: what day it is.
        version: 12 hexadecimal digits; equal versions write equal prompts from equal input on one
            day.

    Raises:
        EngineStartError: the model has a chat template that cannot be used.
    """

    def __init__(
        self,
        templates: Templates,
        tokenizer: Tokenizer,
        settings: WorkerSettings,
        today: Callable[[], date] = validity.today,
    ) -> None:
        self.today = today
        self._templates = templates
        self._settings = settings
        self._format = PromptFormat(tokenizer, settings)
        self.style: Style = self._format.style
        identity = f"{templates.version} {self._format.version}"
        self.version = hashlib.sha256(identity.encode()).hexdigest()[:12]

    def build(
        self,
        question: str,
        passages: Sequence[Passage],
        language: Language,
        turns: Sequence[Turn] = (),
    ) -> AnswerPrompt:
        """Write the prompt, with as many of the best passages as fit.

        The system text comes first and the passages stand in a canonical order (document, page,
        id), so equal context gives an equal beginning, which vLLM's prefix cache shares.

        Args:
            question: as the patient wrote it.
            passages: best first; never more than `settings.most_passages` are used.
            language: of the texts around them.
            turns: what was said before, oldest first; the last few are shown, right before the
                question, so that the beginning is that of any question. They are left out where
                the question and they alone are too long.

        Raises:
            QuestionTooLongError: the question alone is too long.
        """
        question = self._format.one_line(question)
        most_tokens = self._settings.context_tokens - self._settings.answer_tokens
        views = turn_views(self._format, turns)
        best = list(passages[: self._settings.most_passages])
        while True:
            ordered = sorted(best, key=lambda p: (p.document, p.page or 0, p.id))
            text = self._text(question, ordered, language, views)
            ids = self._format.token_ids(text)
            if len(ids) <= most_tokens:
                return self._prompt(text, ids, ordered)
            if not best and views:
                return self.build(question, passages, language)
            if not best:
                raise QuestionTooLongError(
                    f"The question is too long: its prompt has {len(ids)} tokens without any "
                    f"passage, and there is room for {most_tokens}. Ask in fewer words, or raise "
                    "ATENDE_CONTEXT_TOKENS as far as the model allows."
                )
            best = _fewer(best)

    def _prompt(
        self, text: str, token_ids: tuple[int, ...], passages: Sequence[Passage]
    ) -> AnswerPrompt:
        thinking = self._format.thinking(text)
        most_tokens = self._settings.answer_tokens + thinking.tokens
        stop = self._format.stop
        return AnswerPrompt(text, token_ids, stop, most_tokens, tuple(passages), thinking=thinking)

    def _text(
        self,
        question: str,
        passages: Sequence[Passage],
        language: Language,
        turns: tuple[TurnView, ...],
    ) -> str:
        views = tuple(self._format.view(each.title, each.heading, each.text) for each in passages)
        day = self.today()
        if self.style == "completion":
            return self._templates.completion(language, views, question, day, turns)
        messages = self._templates.messages(language, views, question, day, turns)
        return self._format.chat_text(messages, day)


def turn_views(own: PromptFormat, turns: Sequence[Turn]) -> tuple[TurnView, ...]:
    """The last turns as data: none of their words can become structure of the prompt."""
    return tuple(
        TurnView(*(cut(own.one_line(text)) for text in (each.question, each.answer)))
        for each in turns[-TURNS:]
    )


def cut(text: str) -> str:
    """The beginning of a text, at a word's end where it has one, and a mark that it goes on."""
    if len(text) <= TURN_CHARACTERS:
        return text
    whole, _, _ = text[:TURN_CHARACTERS].rpartition(" ")
    return (whole or text[: TURN_CHARACTERS - 1]) + "\u2026"


def _fewer(passages: list[Passage]) -> list[Passage]:
    """Give up the worst passage; a single one loses its end, and then goes too."""
    if len(passages) > 1:
        return passages[:-1]
    text = shortened(passages[0].text)
    return [replace(passages[0], text=text)] if text else []
