"""From a chunk to the prompt that asks which questions it answers. Pure."""

import hashlib

from ingestion.knowledge.chunk import Chunk
from workers.answering.format import PromptFormat, shortened
from workers.answering.language import language_of
from workers.answering.templates import Style, Templates
from workers.engine.protocol import Prompt, Tokenizer
from workers.settings import WorkerSettings

#: How drafts are indexed: 2, embedded together with their chunk's text. Part of the version.
_INDEXED = 2

#: Questions of a chunk where the settings leave it to the model: two of a 1.5B instruct model bring
#: as much as three. A model without a chat template asks beside the point.
CHAT_QUESTIONS = 2

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
        count: most questions of a chunk; 0: this model is not asked for any.
        version: 12 hexadecimal digits of the model and all that its questions depend on.

    Raises:
        EngineStartError: the model has a chat template that cannot be used.
    """

    def __init__(
        self, templates: Templates, tokenizer: Tokenizer, model: str, settings: WorkerSettings
    ) -> None:
        self._templates = templates
        self._settings = settings
        self._format = PromptFormat(tokenizer, settings)
        self.style: Style = self._format.style
        self.count = _count(settings, self.style)
        identity = (
            f"{model} {templates.draft_version} {self._format.version} {self.count} {_INDEXED}"
        )
        self.version = hashlib.sha256(identity.encode()).hexdigest()[:12]

    def build(self, chunk: Chunk) -> Prompt:
        """Write the prompt; a chunk whose text does not fit loses its end."""
        context_tokens = self._settings.context_tokens
        draft_tokens = min(self.count * QUESTION_TOKENS, context_tokens // 2)
        chunk_text = chunk.text
        while True:
            text = self._text(chunk, chunk_text)
            ids = self._format.token_ids(text)
            if len(ids) <= context_tokens - draft_tokens or " " not in chunk_text:
                thinking = self._format.thinking(text)
                most_tokens = draft_tokens + thinking.tokens
                return Prompt(text, ids, self._format.stop, most_tokens, thinking=thinking)
            chunk_text = shortened(chunk_text)

    def _text(self, chunk: Chunk, chunk_text: str) -> str:
        language = language_of(chunk.text, self._settings.language)
        view = self._format.view(chunk.title, chunk.heading, chunk_text)
        if self.style == "completion":
            return self._templates.draft_completion(language, view, self.count)
        return self._format.chat_text(self._templates.draft_messages(language, view, self.count))


def _count(settings: WorkerSettings, style: Style) -> int:
    if settings.chunk_questions != "auto":
        return settings.chunk_questions
    return CHAT_QUESTIONS if style == "chat" else 0
