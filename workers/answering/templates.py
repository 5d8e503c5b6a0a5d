"""The texts that a clinic may edit: prompts, and what patients are told."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, Literal, get_args

import jinja2
from jinja2 import Template

from workers.answering.dates import in_words
from workers.answering.errors import TemplateError
from workers.answering.language import Language
from workers.answering.read import UNKNOWN
from workers.answering.template_files import check_folder, file_of, line_of, parse, read

Style = Literal["chat", "completion"]
#: What a patient is told where the model is not asked; `<name>.txt` holds it.
Message = Literal[
    "needs_human",
    "emergency",
    "emergency_suicide",
    "emergency_poisoning",
    "emergency_violence",
    "person_asked",
    "personal_health",
    "greeting",
    "thanks",
    "acknowledged",
    "opt_out",
    "media",
    "media_audio",
    "media_image",
    "media_document",
    "late",
    "window_closed",
    "person_took_over",
]
#: What a channel puts around an outcome's text; `<name>.j2` holds it.
Note = Literal[
    "disclosure", "first_greeting", "out_of_hours", "sources", "continues", "email_footer"
]  # fmt: skip

LANGUAGES: tuple[Language, ...] = ("pt", "en")
ANSWER_FILES = ("chat.j2", "completion.j2", "quote.j2", "needs_human.txt")
#: Texts that nothing is generated for; `Templates.version` is not about these.
MESSAGES: tuple[Message, ...] = get_args(Message)
MESSAGE_FILES: Final = tuple(f"{message}.txt" for message in MESSAGES)
#: What asks the model which questions a chunk answers; `Templates.version` is not about these.
DRAFT_FILES = ("draft_chat.j2", "draft_completion.j2")
#: What asks the model for a follow-up as a question that stands alone; not in the version either.
REWRITE_FILES = ("rewrite_chat.j2", "rewrite_completion.j2")
#: The parts of `chat.j2`, in the order of its messages.
CHAT_BLOCKS = ("system", "user")
#: What each note is rendered with, in an example; no other word may stand in its braces.
NOTES: Final[Mapping[Note, Mapping[str, object]]] = {
    "disclosure": {"clinic": "Clínica", "privacy_url": "https://clinica.example/privacidade"},
    "first_greeting": {"clinic": "Clínica", "privacy_url": "https://clinica.example/privacidade"},
    "out_of_hours": {"opening": "amanhã, às 8h"},
    "sources": {"sources": ["Título, página 1"]},
    "continues": {"title": "Título"},
    "email_footer": {"clinic": "Clínica", "answered": True},
}
NOTE_FILES: Final = tuple(f"{note}.j2" for note in NOTES)
_FILES: Final = tuple(
    dict.fromkeys((*ANSWER_FILES, *DRAFT_FILES, *REWRITE_FILES, *MESSAGE_FILES, *NOTE_FILES))
)


@dataclass(frozen=True, slots=True)
class PassageView:
    """One passage as a template sees it.

    Attributes:
        heading: document title and headings, joined; may be empty.
        text: the chunk.
    """

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class TurnView:
    """One exchange of a conversation as a template sees it."""

    question: str
    answer: str


#: What a template is rendered with where only its own words matter.
_EXAMPLE = PassageView("Título", "Texto")
_QUESTION = "Pergunta?"


@dataclass(frozen=True, slots=True)
class Templates:
    """Every text, parsed and rendered once.

    Attributes:
        version: 12 hexadecimal digits that change with any text of an answer.
        draft_version: the same of the texts that ask for a chunk's questions.
    """

    version: str
    draft_version: str
    _templates: dict[tuple[Language, str], Template]

    @classmethod
    def load(cls, prompt_dir: Path | None = None) -> "Templates":
        """Read each `<language>/<file>` from the clinic's folder, else from Atende's own.

        Raises:
            TemplateError: the folder is missing, holds a file that nothing reads, or one
                that does not parse or render.
        """
        if prompt_dir is not None:
            known = {Path(language) / name for language in LANGUAGES for name in _FILES}
            check_folder(prompt_dir, known)
        paths = {
            (language, name): file_of(prompt_dir, Path(language) / name)
            for language in LANGUAGES
            for name in _FILES
        }
        sources = {key: read(path) for key, path in paths.items()}
        templates = {key: parse(source, paths[key]) for key, source in sources.items()}
        texts = cls(_digest(sources, ANSWER_FILES), _digest(sources, DRAFT_FILES), templates)
        for (language, name), path in paths.items():
            texts._check(language, name, path)
        return texts

    def messages(
        self,
        language: Language,
        passages: tuple[PassageView, ...],
        question: str,
        day: date,
        turns: tuple[TurnView, ...] = (),
    ) -> list[dict[str, str]]:
        """The chat messages, system first.

        Args:
            language: of the texts.
            passages: what the model may use.
            question: as the patient wrote it.
            day: today.
            turns: what was said before it, oldest first.
        """
        variables = _variables(language, passages, question, day) | {"turns": turns}
        return self._blocks(language, "chat.j2", variables)

    def completion(
        self,
        language: Language,
        passages: tuple[PassageView, ...],
        question: str,
        day: date,
        turns: tuple[TurnView, ...] = (),
    ) -> str:
        """The text that a model without a chat template continues; see `messages`."""
        template = self._templates[language, "completion.j2"]
        variables = _variables(language, passages, question, day)
        return template.render(variables, turns=turns).rstrip()

    def draft_messages(
        self, language: Language, passage: PassageView, count: int
    ) -> list[dict[str, str]]:
        """The chat messages that ask which questions a chunk answers, `count` at most."""
        return self._blocks(language, "draft_chat.j2", {"passage": passage, "count": count})

    def draft_completion(self, language: Language, passage: PassageView, count: int) -> str:
        """The same as a text to continue; its examples show three questions each."""
        template = self._templates[language, "draft_completion.j2"]
        return template.render(passage=passage, count=count).rstrip()

    def rewrite_messages(
        self, language: Language, turns: tuple[TurnView, ...], question: str
    ) -> list[dict[str, str]]:
        """The chat messages that ask for a question as one that stands alone."""
        return self._blocks(language, "rewrite_chat.j2", {"turns": turns, "question": question})

    def rewrite_completion(
        self, language: Language, turns: tuple[TurnView, ...], question: str
    ) -> str:
        """The same as a text to continue."""
        template = self._templates[language, "rewrite_completion.j2"]
        return template.render(turns=turns, question=question).rstrip()

    def own_texts(self, language: Language) -> tuple[str, ...]:
        """What a model is told beside passages and question, in each style: no answer says it."""
        messages = self.messages(language, (_EXAMPLE,), _QUESTION, date.min)
        return (
            "\n".join(message["content"] for message in messages),
            self.completion(language, (_EXAMPLE,), _QUESTION, date.min),
        )

    def quote(
        self, language: Language, parts: Sequence[PassageView], rest: Sequence[str] = ()
    ) -> str:
        """What a patient is told in the documents' own words.

        Args:
            language: the question's.
            parts: what is quoted.
            rest: headings of their document that are not among them, where it was quoted as a
                whole.
        """
        template = self._templates[language, "quote.j2"]
        text = template.render(parts=parts, rest=rest).strip()
        return re.sub(r"\n{3,}", "\n\n", text)

    def needs_human(self, language: Language) -> str:
        """What a patient is told where a person will answer."""
        return self.message("needs_human", language)

    def message(self, name: Message, language: Language) -> str:
        """What a patient is told without the model."""
        return self._templates[language, f"{name}.txt"].render().strip()

    def note(self, name: Note, language: Language, values: Mapping[str, object]) -> str:
        """What a channel says around an outcome's text.

        Args:
            name: of the note.
            language: of the outcome.
            values: as `NOTES` names them.
        """
        return self._templates[language, f"{name}.j2"].render(values).strip()

    def _blocks(
        self, language: Language, name: str, variables: dict[str, object]
    ) -> list[dict[str, str]]:
        template = self._templates[language, name]
        context = template.new_context(variables)
        return [
            {"role": role, "content": "".join(template.blocks[role](context)).strip()}
            for role in CHAT_BLOCKS
        ]

    def _check(self, language: Language, name: str, path: Path) -> None:
        example, turns = _EXAMPLE, (TurnView(_QUESTION, "Resposta."),)
        renderings: dict[str, Callable[[], object]] = {
            "chat.j2": lambda: self.messages(language, (example,), _QUESTION, date.min),
            "completion.j2": lambda: self.completion(language, (example,), _QUESTION, date.min),
            "quote.j2": lambda: self.quote(language, (example,)),
            "draft_chat.j2": lambda: self.draft_messages(language, example, 3),
            "draft_completion.j2": lambda: self.draft_completion(language, example, 3),
            "rewrite_chat.j2": lambda: self.rewrite_messages(language, turns, _QUESTION),
            "rewrite_completion.j2": lambda: self.rewrite_completion(language, turns, _QUESTION),
        }
        for message in MESSAGES:
            renderings[f"{message}.txt"] = partial(self.message, message, language)
        for note, values in NOTES.items():
            renderings[f"{note}.j2"] = partial(self.note, note, language, values)
        try:
            if renderings[name]() == "":
                raise TemplateError(f"{path} is empty: patients would be told nothing.")
        except KeyError as error:
            raise TemplateError(
                f"{path} has no {{% block {error.args[0]} %}}: it needs the blocks "
                f"{' and '.join(CHAT_BLOCKS)}."
            ) from None
        except (jinja2.TemplateError, TypeError, ArithmeticError) as error:
            line = line_of(error.__traceback__, path)
            raise TemplateError(f"{path}, line {line}: {error}") from None


def _variables(
    language: Language, passages: tuple[PassageView, ...], question: str, day: date
) -> dict[str, object]:
    return {
        "passages": passages,
        "question": question,
        "unknown": UNKNOWN[language],
        "today": in_words(day, language),
    }


def _digest(sources: dict[tuple[Language, str], str], names: tuple[str, ...]) -> str:
    texts = sorted(item for item in sources.items() if item[0][1] in names)
    return hashlib.sha256(repr(texts).encode()).hexdigest()[:12]
