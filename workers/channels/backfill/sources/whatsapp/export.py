"""Exported chats as a source of rows.

They are read three times: for the form of their dates, for who writes, for the rows. Nothing but
what is counted is kept in between, so a chat's length costs time and no memory.
"""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workers.channels.backfill.sources.occurrences import Occurrences
from workers.channels.backfill.sources.source import (
    Guess,
    LeftOut,
    SourceError,
    SourceOptions,
    name_of,
    unreadable,
)
from workers.channels.backfill.sources.whatsapp.chats import Chat, chats_in
from workers.channels.backfill.sources.whatsapp.clinic import clinic_of
from workers.channels.backfill.sources.whatsapp.dialogue import Dialogue
from workers.channels.backfill.sources.whatsapp.heads import DateOrder
from workers.channels.backfill.sources.whatsapp.messages import messages
from workers.channels.backfill.sources.whatsapp.survey import (
    ChatSurvey,
    Dates,
    form_of,
    people_of,
)
from workers.channels.backfill.sources.whatsapp.text_lines import text_lines
from workers.contracts.backfill import BackfillRow

_ORDERS: Final[dict[DateOrder, str]] = {"dmy": "dia/mês", "mdy": "mês/dia", "ymd": "ano-mês-dia"}


class WhatsAppExport:
    """The chats at a path.

    Args:
        path: of a text, a zip, or a folder of both.
        options: the user's.

    Raises:
        SourceError: there is no chat, it cannot be read, or nobody writes in it whom the options
            call the clinic.
    """

    kind = "whatsapp"

    def __init__(self, path: Path, options: SourceOptions) -> None:
        # A file is called after the patient: its mark alone is no personal data.
        self.name = f"conversas do WhatsApp {name_of(path).rpartition(' ')[2]}"
        self._path, self._options = path, options
        if options.encoding:
            _check_encoding(options.encoding)
        self._dates = Dates(options.date_order)
        self._surveys = self._surveyed(chats_in(path))
        chats, surveys = zip(*self._surveys, strict=True) if self._surveys else ((), ())
        self._clinic = clinic_of(surveys, [chat.contact for chat in chats], options.clinic)

    def guesses(self) -> tuple[Guess, ...]:
        """Who is the clinic, and the order of day and month, where the user did not say."""
        guesses: list[Guess] = []
        if not self._options.clinic:
            names = ", ".join(sorted(self._clinic)) or "ninguém"
            guesses.append(Guess("clínica", names, "--clinic"))
        orders = dict.fromkeys(survey.form.order for _, survey in self._surveys)
        if not self._options.date_order:
            order = " e ".join(_ORDERS[each] for each in orders)
            guesses.append(Guess("data", order, "--date-order"))
        return tuple(guesses)

    def rows(self) -> Iterator[BackfillRow | LeftOut]:
        """The questions of all chats, one chat after the other.

        Raises:
            SourceError: a file is gone, or is damaged.
        """
        occurrences = Occurrences()
        try:
            for chat, survey in self._surveys:
                name = chat.name if len(self._surveys) > 1 else ""
                dialogue = Dialogue(self._clinic, self._options, name)
                for item in dialogue.items(messages(self._lines(chat), survey.form)):
                    yield _unique(item, occurrences)
        finally:
            occurrences.close()

    def _surveyed(self, chats: list[Chat]) -> list[tuple[Chat, ChatSurvey]]:
        shapes = [(chat, self._dates.read(self._lines(chat))) for chat in chats]
        forms = [(chat, form_of(each, self._dates)) for chat, each in shapes if each]
        if not forms:
            raise SourceError(
                f"{self._path} holds no chat that was exported from WhatsApp. Nothing was read. "
                f"Export it on the telephone (More, Export chat) and give the file as it comes."
            )
        return [(chat, people_of(self._lines(chat), form)) for chat, form in forms]

    def _lines(self, chat: Chat) -> Iterator[str]:
        try:
            with chat.open() as stream:
                yield from text_lines(stream, self._options.encoding)
        except OSError as error:
            raise unreadable(self._path, error) from error


def _unique(item: BackfillRow | LeftOut, occurrences: Occurrences) -> BackfillRow | LeftOut:
    if isinstance(item, LeftOut):
        return item
    return item.model_copy(update={"key": occurrences.unique(item.key)})


def _check_encoding(encoding: str) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise SourceError(
            f"There is no encoding '{encoding}'. Nothing was read. Leave --encoding out: chats are "
            f"exported as UTF-8."
        ) from error
