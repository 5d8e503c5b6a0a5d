"""From a chunk to the prompt that asks which questions it answers. Pure."""

import hashlib

from ingestion.knowledge.chunk import Chunk
from workers.answering.language import language_of
from workers.answering.prompt import (
    COMPLETION_STOP,
    SHRINK,
    markers_of,
    one_line,
    several_lines,
    style_of,
)
from workers.answering.templates import Shown, Style, Templates
from workers.engine.protocol import Prompt, Tokenizer
from workers.settings import WorkerSettings

#: Tokens that one question may take.
QUESTION_TOKENS = 40


class DraftPrompter:
    """Builds one model's prompts for a chunk's questions.

    Args:
        templates: the texts.
        tokenizer: the model's.
        model: the model's name.
        settings: how many questions, how long a prompt.

    Attributes:
        style: `chat` or `completion`.
        version: 12 hexadecimal digits of the model and all that its questions depend on.
    """

    def __init__(
        self, templates: Templates, tokenizer: Tokenizer, model: str, settings: WorkerSettings
    ) -> None:
        self._templates = templates
        self._tokenizer = tokenizer
        self._settings = settings
        self._markers = markers_of(tokenizer)
        self.style: Style = style_of(settings, tokenizer)
        named = (
            f"{model} {self.style} {templates.draft_version} {tokenizer.chat_template} "
            f"{settings.chunk_questions}"
        )
        self.version = hashlib.sha256(named.encode()).hexdigest()[:12]

    def build(self, chunk: Chunk) -> Prompt:
        """Write the prompt; a text that does not fit loses its end.

        A document is data: none of its words can become structure of the prompt.
        """
        count = self._settings.chunk_questions
        limit = min(count * QUESTION_TOKENS, self._settings.context_tokens // 2)
        words = chunk.text.split(" ")
        while True:
            text = self._text(chunk, " ".join(words), count)
            ids = self._tokenizer.encode(text, add_special_tokens=self.style == "completion")
            if len(ids) <= self._settings.context_tokens - limit or len(words) <= 1:
                stop = COMPLETION_STOP if self.style == "completion" else ()
                return Prompt(text, tuple(ids), stop, limit)
            words = words[: int(len(words) * SHRINK)]

    def _text(self, chunk: Chunk, said: str, count: int) -> str:
        language = language_of(chunk.text, self._settings.language)
        heading = one_line(" - ".join(dict.fromkeys((chunk.title, *chunk.heading))), self._markers)
        clean = several_lines if self.style == "chat" else one_line
        shown = Shown(heading, clean(said, self._markers))
        if self.style == "completion":
            return self._templates.draft_completion(language, shown, count)
        messages = self._templates.draft_messages(language, shown, count)
        return str(
            self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
        )
