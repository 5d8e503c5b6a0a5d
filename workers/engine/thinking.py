"""What a model thinks before it answers: told apart, bounded, never shown. Pure.

vLLM has a parser for each family, chosen by the model's name, for the requests of its HTTP server.
Here the marks of all families are looked for in every text, so that a model needs no setting, and a
text in doubt is no answer. What vLLM does better is vLLM's: it ends a thinking that grows too long.
"""

import re
from dataclasses import dataclass
from typing import Final

#: Names of tags around what is thought: `<think>…</think>`.
_TAGS = (
    "think",
    "thinking",
    "thought",
    "reason",
    "reasoning",
    "reflection",
    "analysis",
    "scratchpad",
    "seed:think",
)
#: Within so many characters of a prompt's end a template opens a thinking.
_END_CHARACTERS: Final = 120
_TAGS_ALONE = re.compile(r"<[^<>]+>|\s")
#: Tags around what is answered. They say nothing, and go.
_ANSWER_TAGS = re.compile(r"</?(?:answer|response)>|\[END FINAL RESPONSE\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Marks:
    """Where one family's thinking begins and ends.

    Attributes:
        opening: the text before it.
        closing: the text after it; the answer follows.
    """

    opening: str
    closing: str


MARKS: Final = (
    *(Marks(f"<{tag}>", f"</{tag}>") for tag in _TAGS),
    Marks("[THINK]", "[/THINK]"),  # Magistral
    Marks("<|channel|>analysis", "<|channel|>final<|message|>"),  # gpt-oss
    Marks("<|channel>thought", "<channel|>"),  # Gemma 4
    Marks("<unused94>thought", "<unused95>"),  # MedGemma
    Marks("<|START_THINKING|>", "<|END_THINKING|>"),  # Command A
    Marks("<|begin_of_thought|>", "<|end_of_thought|>"),
    Marks("Here is my thought process:", "Here is my response:"),  # Granite 3.2
    Marks("Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]"),  # Apriel
)


def _any_of(texts: set[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))), re.IGNORECASE)


#: `<|channel|>`: whatever stands in another channel than the final one.
_OPENING = _any_of({"<|channel|>"}.union(marks.opening for marks in MARKS))
_CLOSING = _any_of({marks.closing for marks in MARKS})

#: What a question or a document must not bring into a prompt: marks (plain words are none), and
#: the words by which Qwen, GLM and Nemotron are told to think.
STRUCTURE: Final = (
    _any_of(
        {text for marks in MARKS for text in (marks.opening, marks.closing) if text[0] in "<["}
    ).pattern
    + r"|(?<!\S)/(?:no_?)?think\b"
)


@dataclass(frozen=True, slots=True)
class Thinking:
    """How one prompt's thinking is told apart from its answer.

    Attributes:
        opened: the prompt ends inside it, so that what is generated begins there.
        tokens: longest thinking, in tokens; 0: the model is not expected to think.
        special: finds the model's special tokens, where they mark its thinking: they have to stay
            in the text until that is told apart. None: they don't.
        forbidden: tokens that open a thinking, where there should be none: some models begin one
            all the same (MedGemma in a third of its answers, others report).
    """

    opened: bool = False
    tokens: int = 0
    special: re.Pattern[str] | None = None
    forbidden: tuple[int, ...] = ()

    def answer(self, text: str, finish_reason: str) -> tuple[str, str]:
        """The answer in what was generated, and why that ended.

        A generation that ended inside its thinking holds no answer, and counts as cut.
        """
        closings = list(_CLOSING.finditer(text))
        answer = text[closings[-1].end() :] if closings else text
        if (self.opened and not closings) or _OPENING.search(answer):
            return "", "length" if finish_reason == "stop" else finish_reason
        if self.special is not None:
            answer = self.special.sub("", answer)
        return _ANSWER_TAGS.sub("", answer), finish_reason


def opened_by(prompt: str) -> Marks | None:
    """The marks of the thinking inside which a prompt ends; None where it ends outside of one.

    Behind the opening further tags may stand (Seed-OSS), but no word.
    """
    end = prompt.rstrip()[-_END_CHARACTERS:]
    for marks in MARKS:
        _, opening, thought = end.rpartition(marks.opening)
        if opening and not _TAGS_ALONE.sub("", thought) and marks.closing not in thought:
            return marks
    return None


def closed_by(prompt: str) -> bool:
    """Whether a prompt ends with the end of a thinking: the model answers at once."""
    return prompt.rstrip().endswith(tuple(marks.closing for marks in MARKS))


def marks_in(template: str) -> Marks | None:
    """The marks that a chat template names: of its model's thinking, if it thinks at all."""
    return next((marks for marks in MARKS if marks.opening in template), None) or next(
        (marks for marks in MARKS if marks.closing in template), None
    )
