"""What is no answer by its form: an echo, the prompt's words, another language, talk of texts."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from ingestion.folding import fold
from workers.answering.check.fault import Fault, Kind
from workers.answering.check.terms import terms
from workers.answering.language import FEWEST_WORDS, Language, language_of

_WORD: Final = re.compile(r"\w+")
#: Words in a row that are the prompt's.
_RUN: Final = 3
#: Words of these that say something.
_TELLING: Final = 2
#: Share of an answer's words that stand in the question alone, of an echo.
_REPEATED: Final = 0.8
_META: Final = re.compile(
    r"\[\d+\]|\b(?:trechos?|passagens?|excerpts?|passages?)\b"
    r"|\b(?:n?os?|d?os?|ao) (?:textos?|contextos?)\b (?:\w+ )?(?:diz|dizem|fornecid|acima|informa|"
    r"menciona|apresentad|indica|nao)"
    r"|\b(?:com base|de acordo|segundo|conforme|baseado) (?:\w+ ){1,2}(?:textos?|contextos?|"
    r"informacoes fornecidas|documentos? (?:fornecid|apresentad))"
    r"|\b(?:the|this) (?:text|context|document) (?:says|states|mentions|does)"
    r"|\b(?:based on|according to) the (?:text|context|provided|given|information)"
    r"|\b(?:como|sou) (?:um |uma )?(?:ia|inteligencia artificial|modelo de linguagem|assistente)\b"
    r"|\bas an ai\b|\b(?:pergunta|resposta|question|answer) ?:"
)


def form_faults(
    answer: str,
    question: str,
    language: Language | None,
    prompts: Sequence[str],
    known: Sequence[str],
) -> Iterator[Fault]:
    """What the form tells.

    Args:
        answer: the answer.
        question: the question.
        language: the one asked in; None: not looked at.
        prompts: the prompt's own texts, without passages and question.
        known: the text of each passage.
    """
    folded = fold(answer)
    if match := _META.search(folded):
        yield Fault(Kind.META, match.group())
    if language and _is_foreign(answer, language):
        yield Fault(Kind.LANGUAGE, answer)
    if _is_echo(answer, question):
        yield Fault(Kind.ECHO, answer)
    if run := _run_of(answer, prompts, (question, *known)):
        yield Fault(Kind.PROMPT_WORDS, run)


def _is_foreign(answer: str, language: Language) -> bool:
    words = _WORD.findall(answer)
    return len(words) > FEWEST_WORDS and language_of(answer, language) != language


def _is_echo(answer: str, question: str) -> bool:
    said, asked = _words(answer), set(_words(question))
    if not said:
        return True
    repeated = sum(word in asked for word in said) >= _REPEATED * len(said)
    if answer.rstrip().endswith("?"):
        return repeated or (bool(terms(answer)) and terms(answer) <= terms(question))
    return repeated and len(said) > _RUN and len(said) >= len(asked) * _REPEATED


def _run_of(answer: str, prompts: Sequence[str], known: Sequence[str]) -> str:
    """The first words in a row that the prompts have and neither passages nor question."""
    words = _words(answer)
    length = min(_RUN, len(words))
    own = " ".join(filter(None, map(_spaced, known)))
    own = f" {own} "
    for start in range(len(words) - length + 1):
        run = f" {' '.join(words[start : start + length])} "
        telling = [word for word in run.split() if terms(word) or word.isdigit()]
        if len(telling) < min(_TELLING, len(words)) or run in own:
            continue
        if any(run in f" {_spaced(prompt)} " for prompt in prompts):
            return run.strip()
    return ""


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


@lru_cache(maxsize=4096)
def _spaced(text: str) -> str:
    return " ".join(_words(text))
