"""How one model takes a prompt: its style, its tokens, and texts that cannot become structure."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from workers.answering.templates import PassageView, Style
from workers.engine.chat import Messages
from workers.engine.protocol import Tokenizer
from workers.engine.thinking import STRUCTURE, Thinking
from workers.engine.trial import chat_of
from workers.settings import WorkerSettings

#: Part of a text that is kept when it is too long, tried again until it fits.
SHRINK = 0.85

#: Chat markers of common model families. The tokenizer's own are added to these.
_MARKERS = (
    r"<[|\uff5c][^<>|\uff5c]{0,40}[|\uff5c]>|</?s>|\[/?INST\]|<</?SYS>>"  # DeepSeek's bar is wide
    r"|<(?:start|end)_of_turn>|<[be]os>"
)

#: A token of the tokenizer's own that looks like structure, as `<think>`; spaces and words don't.
_BRACKETED = re.compile(r"<.+>|\[.+\]")


class PromptFormat:
    """One model's prompts, as chat messages or as a text to continue.

    Attributes:
        style: `chat` or `completion`: as the settings say, else as the tokenizer can.
        version: a text that changes with whatever the model's side changes in a prompt.
        stop: texts at which generation ends. A completion prompt is one line per part, so the
            answer ends at its line's end.

    Raises:
        EngineStartError: the model has a chat template that cannot be used.
    """

    def __init__(self, tokenizer: Tokenizer, settings: WorkerSettings) -> None:
        self._tokenizer = tokenizer
        self._markers = _markers(tokenizer)
        self._chat = chat_of(tokenizer, settings)
        self.style: Style = "chat" if self._chat else "completion"
        usage = self._chat.usage if self._chat else ""
        self.version = f"{self.style} {tokenizer.chat_template} {usage}"
        self.stop = () if self._chat else ("\n",)

    def token_ids(self, text: str) -> tuple[int, ...]:
        """A prompt's tokens; a chat template has written its special ones into the text."""
        return self._chat.token_ids(text) if self._chat else tuple(self._tokenizer.encode(text))

    def chat_text(self, messages: Messages, day: date | None = None) -> str:
        """The messages in the model's chat template, up to where the model writes.

        Args:
            messages: the system's and the user's.
            day: today, where the prompt says it.
        """
        if self._chat is None:
            raise ValueError("a model that continues texts has no chat template")
        return self._chat.text(messages, day)

    def thinking(self, text: str) -> Thinking:
        """What the model may think after this prompt, and how that is told apart."""
        return self._chat.thinking(text) if self._chat else Thinking()

    def view(self, title: str, headings: Sequence[str], text: str) -> PassageView:
        """A passage as data: none of its words can become structure of the prompt."""
        heading = self.one_line(" - ".join(dict.fromkeys((title, *headings))))
        # Chat markers bound a passage by themselves; a completion prompt is bound by its lines.
        clean = self._several_lines if self.style == "chat" else self.one_line
        return PassageView(heading, clean(text))

    def one_line(self, text: str) -> str:
        """Text that cannot become structure: one line, no control characters, no chat markers.

        Each marker becomes a space, never nothing: taking `<|x|>` out of `<|<|x|>y|>` must not
        make `<|y|>`.
        """
        visible = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
        return " ".join(self._markers.sub(" ", visible).split())

    def _several_lines(self, text: str) -> str:
        """As `one_line`, with the text's own lines kept and its empty ones dropped."""
        lines = map(self.one_line, text.splitlines())
        return "\n".join(line for line in lines if line)


def shortened(text: str) -> str:
    """The text without its last words; empty where a single one is left."""
    words = text.split(" ")
    return " ".join(words[: int(len(words) * SHRINK)])


def _markers(tokenizer: Tokenizer) -> re.Pattern[str]:
    """Texts that a model may read as structure: chat markers, and the tokenizer's own."""
    own = [
        token.content
        for token in tokenizer.added_tokens_decoder.values()
        if token.special or _BRACKETED.fullmatch(token.content)
    ]
    longest_first = sorted(map(re.escape, own), key=len, reverse=True)
    return re.compile("|".join((_MARKERS, STRUCTURE, *longest_first)), re.IGNORECASE)
