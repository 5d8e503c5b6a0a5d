"""One model's chat template, as it is used: `trial` finds out how."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from workers.engine.protocol import Tokenizer
from workers.engine.thinking import Marks, Thinking, opened_by

#: The variable with today's date, which Llama 3 writes otherwise as some day of 2024.
_DATE: Final = "date_string"

Messages = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Chat:
    """One model's chat template, and how it is used.

    Attributes:
        system_role: the system text is a message of its own; else it begins the user's.
        parts: a message's text is a list of parts.
        variables: of the template, so that the model does not think.
        suffix: behind the system text, for the same.
        prefix: tokens that stand before every text of the model, and that the template leaves out.
        marks: of the thinking that the model may do nevertheless; None: it does none.
        tokens: longest thinking, in tokens; 0 where it does none, or may do none.
        special: see `Thinking`.
        forbidden: see `Thinking`.
    """

    tokenizer: Tokenizer
    system_role: bool = True
    parts: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict)
    suffix: str = ""
    prefix: tuple[int, ...] = ()
    marks: Marks | None = None
    tokens: int = 0
    special: re.Pattern[str] | None = None
    forbidden: tuple[int, ...] = ()

    @property
    def usage(self) -> str:
        """How the template is used, for logs and versions."""
        system = "a message of its own" if self.system_role else "before the user's text"
        off = [f"{name}={value}" for name, value in self.variables.items()]
        thinking = ", ".join([*off, *filter(None, [self.suffix.strip()])]) or "nothing set"
        return (
            f"system text: {system}{', in parts' * self.parts}; thinking: {thinking}, "
            f"{f'{self.tokens} tokens at most' if self.marks else 'none expected'}; "
            f"{len(self.prefix)} tokens before the text"
        )

    def text(self, messages: Messages, day: date | None = None) -> str:
        """The messages in the template, up to where the model writes its answer.

        Args:
            messages: the system's and the user's.
            day: today, for a template that writes a date of its own.
        """
        variables = dict(self.variables)
        if day is not None and _DATE in str(self.tokenizer.chat_template):
            variables[_DATE] = day.strftime("%d %b %Y")
        prompt = self.render(messages, variables)
        marks = opened_by(prompt)
        if marks is not None and not self.tokens:
            prompt = f"{prompt.rstrip()}\n\n{marks.closing}\n\n"
        return prompt

    def token_ids(self, text: str) -> tuple[int, ...]:
        """The tokens of `text`'s result, which has the special ones in it."""
        return (*self.prefix, *self.tokenizer.encode(text, add_special_tokens=False))

    def thinking(self, text: str) -> Thinking:
        """How what is generated after `text`'s result is told apart."""
        return Thinking(opened_by(text) is not None, self.tokens, self.special, self.forbidden)

    def render(self, messages: Messages, variables: Mapping[str, Any]) -> str:
        """The messages in the template, which sees these variables."""
        system, user = (message["content"] for message in messages)
        system += self.suffix
        texts = (
            [("system", system), ("user", user)]
            if self.system_role
            else [("user", f"{system}\n\n{user}")]
        )
        conversation = [
            {"role": role, "content": [{"type": "text", "text": text}] if self.parts else text}
            for role, text in texts
        ]
        return str(
            self.tokenizer.apply_chat_template(
                conversation, tokenize=False, add_generation_prompt=True, **variables
            )
        )
