"""From a question that goes on from others to the prompt that asks for it as one that stands alone.

Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workers.answering.follow_up import FollowUp, follow_up_of
from workers.answering.format import PromptFormat
from workers.answering.language import Language, language_of
from workers.answering.prompt import TURNS, turn_views
from workers.answering.templates import Templates, TurnView
from workers.contracts.conversation import Turn
from workers.contracts.question import Request
from workers.engine.protocol import Prompt, Tokenizer
from workers.settings import WorkerSettings

#: Longest question that is written, in the model's tokens.
REWRITE_TOKENS: Final = 60


@dataclass(frozen=True, slots=True)
class RewritePrompt(Prompt):
    """A prompt that asks for a follow-up as a question that stands alone.

    Attributes:
        follow_up: what is rewritten.
        turns: those that the prompt may show, oldest first.
        language: of the question.
    """

    follow_up: FollowUp
    turns: tuple[Turn, ...]
    language: Language


class Rewriter:
    """Writes these prompts for one model.

    Args:
        templates: the texts.
        tokenizer: the model's.
        settings: how long a prompt, which language where it is unclear.

    Raises:
        EngineStartError: the model has a chat template that cannot be used.
    """

    def __init__(
        self, templates: Templates, tokenizer: Tokenizer, settings: WorkerSettings
    ) -> None:
        self._templates = templates
        self._settings = settings
        self._format = PromptFormat(tokenizer, settings)

    def prompt_of(self, request: Request) -> RewritePrompt | None:
        """The prompt for a question; None where it stands alone, or is too long with one turn.

        A few milliseconds, and the dictionaries where they are not loaded.
        """
        follow_up = follow_up_of(request.question, request.context, request.asked_at)
        if follow_up is None:
            return None
        language = language_of(follow_up.whole, self._settings.language)
        turns = request.context[-TURNS:]
        views = turn_views(self._format, turns)
        question = self._format.one_line(request.question)
        most_tokens = self._settings.context_tokens - REWRITE_TOKENS
        while views:
            text = self._text(language, views, question)
            ids = self._format.token_ids(text)
            if len(ids) <= most_tokens:
                return self._prompt(text, ids, (follow_up, tuple(turns), language))
            views = views[1:]
        return None

    def _text(self, language: Language, views: Sequence[TurnView], question: str) -> str:
        turns = tuple(views)
        if self._format.style == "completion":
            return self._templates.rewrite_completion(language, turns, question)
        messages = self._templates.rewrite_messages(language, turns, question)
        return self._format.chat_text(messages)

    def _prompt(
        self,
        text: str,
        token_ids: tuple[int, ...],
        asked: tuple[FollowUp, tuple[Turn, ...], Language],
    ) -> RewritePrompt:
        thinking = self._format.thinking(text)
        most_tokens = REWRITE_TOKENS + thinking.tokens
        stop = self._format.stop
        return RewritePrompt(
            text, token_ids, stop, most_tokens, *asked, thinking=thinking, temperature=0.0
        )
