"""A chat template is tried with a probe, before weights are read or anything is asked.

A template is the model's own code. It may refuse a system text (Gemma 2), drop it without a word
(Phi-3), or want a message's text in parts; it may let the model think, and have a variable that
says no. All of this is found by looking at what it renders, never by the model's name.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from workers.engine.chat import Chat
from workers.engine.protocol import EngineStartError, Tokenizer
from workers.engine.thinking import MARKS, Marks, closed_by, marks_in, opened_by
from workers.settings import WorkerSettings

#: Variables of chat templates that say whether, or for how long, a model thinks: no, and yes.
_SWITCHES: Final[tuple[tuple[str, Any, Any], ...]] = (
    ("enable_thinking", False, True),  # Qwen3, GLM, SmolLM3, Gemma 4
    ("thinking", False, True),  # Granite, DeepSeek-V3.1, Kimi
    ("reasoning", False, True),  # Command A
    ("enable_reasoning", False, True),
    ("thinking_budget", 0, 512),  # Seed-OSS
)
#: The variable that says how much a model thinks, and its values, from none upwards.
_EFFORT: Final = "reasoning_effort"
_EFFORTS: Final = ("none", "minimal", "low")
_MOST_EFFORT: Final = "high"
#: What in a system text some models are trained to take as the word not to think (Nemotron).
_NO_THINKING: Final = "/no_think"

_SYSTEM = "Probe-7f3a: responda com poucas palavras."
_QUESTION = "Probe-c951: qual o horário?"

#: What the model has to see.
_PROBES: Final = {"the system text": _SYSTEM, "the question": _QUESTION}
#: Shapes of the messages, in the order in which they are tried: name, `system_role`, `parts`.
_SHAPES: Final = (
    ("as a message of its own", True, False),
    ("before the user's text", False, False),
    ("as a message of its own, in parts", True, True),
    ("before the user's text, in parts", False, True),
)


def chat_of(tokenizer: Tokenizer, settings: WorkerSettings) -> Chat | None:
    """How the model's template is used; None where prompts are texts to continue.

    Raises:
        EngineStartError: no way of using the template shows the model what we write.
    """
    if settings.prompt_style == "completion":
        return None
    if not hasattr(tokenizer, "chat_template"):
        raise EngineStartError(
            f"The tokenizer of ATENDE_MODEL={settings.model} ({type(tokenizer).__name__}) has no "
            "chat template that can be read. Nothing was asked. Set ATENDE_ENGINE_ARGS="
            """'{"tokenizer_mode": "hf"}', or ATENDE_PROMPT_STYLE=completion."""
        )
    template = str(tokenizer.chat_template or "")
    if not template and settings.prompt_style == "auto":
        return None
    chat = _without_thinking(_shaped(Chat(tokenizer), settings.model), template)
    marks = _marks(chat, template)
    return replace(
        chat,
        prefix=_prefix(chat),
        marks=marks,
        tokens=settings.thinking_tokens if marks else 0,
        special=_special(tokenizer),
        forbidden=() if marks and settings.thinking_tokens else _openings(tokenizer),
    )


def _probed(chat: Chat, variables: Mapping[str, Any]) -> str:
    return chat.render(
        [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _QUESTION}], variables
    )


def _tried(chat: Chat, variables: Mapping[str, Any]) -> str | None:
    """The probe as the template renders it; None where the template refuses it."""
    try:
        return _probed(chat, variables)
    except Exception:  # noqa: BLE001 - the template is foreign code: whatever it raises, it refuses
        return None


def _shaped(chat: Chat, model: str) -> Chat:
    """The first shape of our messages that the template takes and shows to the model."""
    problems = []
    for name, system_role, parts in _SHAPES:
        candidate = replace(chat, system_role=system_role, parts=parts)
        problem = _problem(candidate)
        if problem is None:
            return candidate
        problems.append(f"{name}: {problem}")
    raise EngineStartError(
        f"The chat template of ATENDE_MODEL={model} cannot be used. Tried were the system text "
        f"{'; '.join(problems)}. Nothing was asked. Set ATENDE_PROMPT_STYLE=completion, which uses "
        "no template, or choose another model."
    )


def _problem(chat: Chat) -> str | None:
    try:
        text = _probed(chat, {})
    except Exception as error:  # noqa: BLE001 - see above
        return f"{type(error).__name__}: {error}"
    if "{'type'" in text:
        return "it writes the parts themselves"
    missing = [name for name, part in _PROBES.items() if part not in text]
    return f"it leaves out {' and '.join(missing)}" if missing else None


def _without_thinking(chat: Chat, template: str) -> Chat:
    """The template with each variable set that changes its text, so that the model thinks least."""
    variables = {
        name: off
        for name, off, on in _SWITCHES
        if _names(template, name) and _differ(chat, {name: off}, {name: on})
    }
    if _names(template, _EFFORT):
        variables |= _least_effort(chat)
    chat = replace(chat, variables=variables)
    if opened_by(_probed(chat, variables)):
        told = replace(chat, suffix=f"\n{_NO_THINKING}")
        chat = chat if opened_by(_tried(told, variables) or "") else told
    return chat


def _least_effort(chat: Chat) -> dict[str, str]:
    """The least effort that the template knows; one that is written as it is has no `none`."""
    nonsense = "effort-51bd"
    written = nonsense in (_tried(chat, {_EFFORT: nonsense}) or "")
    efforts = _EFFORTS[-1:] if written else _EFFORTS
    most = {_EFFORT: _MOST_EFFORT}
    return next(
        ({_EFFORT: effort} for effort in efforts if _differ(chat, {_EFFORT: effort}, most)), {}
    )


def _marks(chat: Chat, template: str) -> Marks | None:
    """The marks of what the model may think; None where it was told not to, or never does."""
    text = _probed(chat, chat.variables)
    if marks := opened_by(text):
        return marks
    told_not_to = any(
        name != _EFFORT or value == _EFFORTS[0] for name, value in chat.variables.items()
    )
    return None if told_not_to or chat.suffix or closed_by(text) else marks_in(template)


def _prefix(chat: Chat) -> tuple[int, ...]:
    """The tokens that the tokenizer puts before every text, where the template does not."""
    encode = chat.tokenizer.encode
    plain, full = encode(_QUESTION, add_special_tokens=False), encode(_QUESTION)
    starts = range(len(full) - len(plain) + 1)
    start = next((start for start in starts if full[start : start + len(plain)] == plain), 0)
    written = encode(_probed(chat, chat.variables), add_special_tokens=False)
    return () if written[:start] == full[:start] else tuple(full[:start])


def _special(tokenizer: Tokenizer) -> re.Pattern[str] | None:
    """Finds the tokenizer's special tokens where one of them is a part of a mark."""
    contents = [each.content for each in tokenizer.added_tokens_decoder.values() if each.special]
    texts = [text for marks in MARKS for text in (marks.opening, marks.closing)]
    if not any(content in text for content in contents for text in texts):
        return None
    return re.compile("|".join(map(re.escape, sorted(contents, key=len, reverse=True))))


def _openings(tokenizer: Tokenizer) -> tuple[int, ...]:
    """The tokenizer's own tokens with which a thinking begins, and nothing else."""
    return tuple(
        sorted(
            number
            for number, token in tokenizer.added_tokens_decoder.items()
            if any(
                marks.opening.startswith(token.content) and token.content not in marks.closing
                for marks in MARKS
            )
        )
    )


def _names(template: str, variable: str) -> bool:
    return re.search(rf"\b{variable}\b", template) is not None


def _differ(chat: Chat, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the template takes the first, and writes another text for the second."""
    text = _tried(chat, one)
    return text is not None and text != _tried(chat, other)
