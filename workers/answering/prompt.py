"""From a question and its passages to a prompt. Pure: the same input gives the same text."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingestion.knowledge.passage import Passage
from workers.answering.language import Language
from workers.answering.templates import Shown, Style, Templates
from workers.engine.protocol import Prompt, Tokenizer
from workers.settings import WorkerSettings

#: The completion prompt is one line per part, so the answer ends at its line's end.
COMPLETION_STOP = ("\n",)

#: Part of a passage that is kept when it alone is too long, tried again until it fits.
SHRINK = 0.85

#: Chat markers of common model families. The tokenizer's own are added to these.
_MARKERS = r"<\|[^<>|]{0,40}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<[be]os>"


class QuestionTooLongError(ValueError):
    """The question leaves no room in the context, even without any passage."""


@dataclass(frozen=True, slots=True)
class AnswerPrompt(Prompt):
    """A prompt that asks for an answer.

    Attributes:
        passages: the passages in it, in their order there.
    """

    passages: tuple[Passage, ...]


class Prompter:
    """Builds prompts for one model.

    Attributes:
        style: `chat` or `completion`.
        version: 12 hexadecimal digits; equal versions write equal prompts from equal input.
    """

    def __init__(
        self, templates: Templates, tokenizer: Tokenizer, settings: WorkerSettings
    ) -> None:
        self._templates = templates
        self._tokenizer = tokenizer
        self._settings = settings
        self._markers = markers_of(tokenizer)
        self.style: Style = style_of(settings, tokenizer)
        named = f"{self.style} {templates.version} {tokenizer.chat_template}"
        self.version = hashlib.sha256(named.encode()).hexdigest()[:12]

    def build(self, question: str, passages: Sequence[Passage], language: Language) -> AnswerPrompt:
        """Write the prompt, with as many of the best passages as fit.

        The system text comes first and the passages stand in a canonical order (document, page,
        id), so equal context gives an equal beginning, which vLLM's prefix cache shares.

        Args:
            question: as the patient wrote it.
            passages: best first; never more than `settings.most_passages` are used.
            language: of the texts around them.

        Raises:
            QuestionTooLongError: the question alone is too long.
        """
        asked = one_line(question, self._markers)
        room = self._settings.context_tokens - self._settings.answer_tokens
        chosen = list(passages[: self._settings.most_passages])
        while True:
            ordered = sorted(chosen, key=lambda p: (p.document, p.page or 0, p.id))
            text = self._text(asked, ordered, language)
            ids = self._tokenizer.encode(text, add_special_tokens=self.style == "completion")
            if len(ids) <= room:
                stop = COMPLETION_STOP if self.style == "completion" else ()
                limit = self._settings.answer_tokens
                return AnswerPrompt(text, tuple(ids), stop, limit, tuple(ordered))
            if not chosen:
                raise QuestionTooLongError(
                    f"The question is too long: its prompt has {len(ids)} tokens without any "
                    f"passage, and there is room for {room}. Ask in fewer words, or raise "
                    "ATENDE_CONTEXT_TOKENS as far as the model allows."
                )
            chosen = shorter(chosen)

    def _text(self, question: str, passages: Sequence[Passage], language: Language) -> str:
        shown = tuple(self._show(passage) for passage in passages)
        if self.style == "completion":
            return self._templates.completion(language, shown, question)
        messages = self._templates.messages(language, shown, question)
        return str(
            self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
        )

    def _show(self, passage: Passage) -> Shown:
        heading = " - ".join(dict.fromkeys((passage.title, *passage.heading)))
        # Chat markers bound a passage by themselves; a completion prompt is bound by its lines.
        clean = several_lines if self.style == "chat" else one_line
        return Shown(one_line(heading, self._markers), clean(passage.text, self._markers))


def shorter(passages: list[Passage]) -> list[Passage]:
    """Give up the worst passage; a single one loses its end, and then goes too."""
    if len(passages) > 1:
        return passages[:-1]
    words = passages[0].text.split(" ")
    kept = words[: int(len(words) * SHRINK)]
    return [replace(passages[0], text=" ".join(kept))] if kept else []


def one_line(text: str, markers: re.Pattern[str]) -> str:
    """Text that cannot become structure: one line, no control characters, no chat markers.

    Each marker becomes a space, never nothing: taking `<|x|>` out of `<|<|x|>y|>` must not make
    `<|y|>`.
    """
    visible = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    return " ".join(markers.sub(" ", visible).split())


def several_lines(text: str, markers: re.Pattern[str]) -> str:
    """As `one_line`, with the text's own lines kept and its empty ones dropped."""
    lines = (one_line(line, markers) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def markers_of(tokenizer: Tokenizer) -> re.Pattern[str]:
    """Texts that a model may read as structure: chat markers, and the tokenizer's own."""
    special = (token.content for token in tokenizer.added_tokens_decoder.values() if token.special)
    longest_first = sorted((re.escape(content) for content in special), key=len, reverse=True)
    return re.compile("|".join((_MARKERS, *longest_first)), re.IGNORECASE)


def style_of(settings: WorkerSettings, tokenizer: Tokenizer) -> Style:
    """How a model is asked: as the settings say, else as its tokenizer can."""
    if settings.prompt_style != "auto":
        return settings.prompt_style
    return "chat" if tokenizer.chat_template else "completion"
