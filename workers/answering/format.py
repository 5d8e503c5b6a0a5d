"""How one model takes a prompt: its style, its tokens, and texts that cannot become structure."""

import re
import unicodedata
from collections.abc import Sequence

from workers.answering.templates import PassageView, Style
from workers.engine.protocol import Tokenizer
from workers.settings import WorkerSettings

#: Part of a text that is kept when it is too long, tried again until it fits.
SHRINK = 0.85

#: Chat markers of common model families. The tokenizer's own are added to these.
_MARKERS = r"<\|[^<>|]{0,40}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<[be]os>"


class PromptFormat:
    """One model's prompts, as chat messages or as a text to continue.

    Attributes:
        style: `chat` or `completion`: as the settings say, else as the tokenizer can.
        stop: texts at which generation ends. A completion prompt is one line per part, so the
            answer ends at its line's end.
    """

    def __init__(self, tokenizer: Tokenizer, settings: WorkerSettings) -> None:
        self._tokenizer = tokenizer
        self._markers = _markers(tokenizer)
        self.style: Style = (
            settings.prompt_style
            if settings.prompt_style != "auto"
            else ("chat" if tokenizer.chat_template else "completion")
        )
        self.stop = ("\n",) if self.style == "completion" else ()

    def token_ids(self, text: str) -> tuple[int, ...]:
        """A prompt's tokens; a chat template has written its special ones into the text."""
        special = self.style == "completion"
        return tuple(self._tokenizer.encode(text, add_special_tokens=special))

    def chat_text(self, messages: list[dict[str, str]]) -> str:
        """The messages in the model's chat template, up to where the model writes."""
        return str(
            self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
        )

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
    special = (token.content for token in tokenizer.added_tokens_decoder.values() if token.special)
    longest_first = sorted((re.escape(content) for content in special), key=len, reverse=True)
    return re.compile("|".join((_MARKERS, *longest_first)), re.IGNORECASE)
