"""What may be typed behind `atende backfill SOURCE`, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter, Token
from cyclopts.validators import Number

from workers.channels.backfill.sources.mails.opening import open_channel
from workers.channels.backfill.sources.source import Source, SourceOptions, open_source
from workers.channels.backfill.window import Window, window_of
from workers.commands.support.errors import CommandError
from workers.contracts.channels import ChannelBook
from workers.contracts.email_channel import EmailChannel
from workers.stack.settings import load_settings

Format = Literal["csv", "jsonl", "xlsx", "mbox", "maildir", "eml", "imap", "whatsapp"]
Again = Literal["needs_human", "failed", "answered"]
_AGAIN: Final = ("needs_human", "failed", "answered")
_DATES: Final = ("%Y-%m-%d", "%d/%m/%Y")


def _statuses(_: object, tokens: Sequence[Token]) -> tuple[str, ...]:
    """The statuses of `--redo needs_human,failed`.

    Raises:
        ValueError: one is none.
    """
    statuses = tuple(part for token in tokens for part in token.value.split(",") if part)
    for status in statuses:
        if status not in _AGAIN:
            raise ValueError(f"{status} is none of {', '.join(_AGAIN)}")
    return statuses


def _day(_: object, tokens: Sequence[Token]) -> date:
    """A day as 2026-12-31 or 31/12/2026.

    Raises:
        ValueError: it is none.
    """
    for form in _DATES:
        try:
            return datetime.strptime(tokens[0].value, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError("write a day as 2026-12-31 or as 31/12/2026")


Statuses = Annotated[tuple[Again, ...], Parameter(converter=_statuses)]
Day = Annotated[date, Parameter(converter=_day)]
Seconds = Annotated[int, Parameter(validator=Number(gt=0))]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the source is read; what is not said is guessed, and shown.

    Attributes:
        format: csv, jsonl, xlsx, mbox, maildir, eml, imap or whatsapp.
        question_column: the column with the questions: its name, number, or letter.
        id_column: the column that tells the rows apart.
        answer_column: the column with the answers that the clinic gave then.
        date_column: the column that says when the patient asked.
        sheet: a workbook's sheet.
        delimiter: what stands between a CSV file's fields.
        encoding: a text file's, as cp1252.
        clinic: who of a chat is the clinic, or its own addresses in mails; may be repeated.
        date_order: dmy or mdy: whether 03/04 is the third of April.
        folder: a mailbox's folder.
        since: leave out what was asked before this day, as 2026-12-31 or 31/12/2026.
        channel: read the mailbox of this e-mail channel, in place of a source.
    """

    format: Format | None = None
    question_column: str | None = None
    id_column: str | None = None
    answer_column: str | None = None
    date_column: str | None = None
    sheet: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    clinic: tuple[str, ...] = ()
    date_order: Literal["dmy", "mdy"] | None = None
    folder: str | None = None
    since: Day | None = None
    channel: str | None = None

    def opened(self, location: str | None) -> Source:
        """The source.

        Raises:
            CommandError: none is named, or two are.
            SourceError: it cannot be read.
        """
        if (location is None) == (self.channel is None):
            raise CommandError(
                "Name one source: a file, a folder, imaps://user@host/folder, or --channel NAME. "
                "Nothing was read or asked."
            )
        if location is not None:
            return open_source(location, self.options)
        channel = ChannelBook.open(load_settings()).named(self.channel or "")
        if not isinstance(channel, EmailChannel):
            raise CommandError(
                f"There is no e-mail channel {self.channel}. Nothing was read or asked. `atende "
                "channels list` shows them."
            )
        return open_channel(channel, self.options)

    @property
    def options(self) -> SourceOptions:
        """As sources take them."""
        names = (field.name for field in fields(self) if field.name != "channel")
        return SourceOptions(**{name: getattr(self, name) for name in names})


@dataclass(frozen=True, kw_only=True)
class Asking:
    """When rows are asked, and where their results go.

    Attributes:
        out: the file of results, ending in .csv or .jsonl.
        name: what the backfill is called. By default it is named after its source, so the same
            source goes on with the same backfill.
        window: hours in which rows are asked, as 22:00-06:00 or seg-sex 22:00-06:00.
        time_zone: the window's.
        every_night: stay, and read the source again at the beginning of each window.
        detach: hand the rows over and end: the stack goes on alone.
        dry_run: show what would be asked, and change nothing.
        redo: ask rows with such results again: needs_human, failed, answered; several with commas.
        report: also write the report, an HTML page, at the end.
        expires_in: seconds that a row may wait in the lane; time outside of the window does not
            count.
        mail_to: send a summary to this address after each window and at the end.
        mail_channel: the e-mail channel that the summary goes through.
        callback_url: post the summary to this address, signed.
    """

    out: Path | None = None
    name: str | None = None
    window: str | None = None
    time_zone: str | None = None
    every_night: bool = False
    detach: bool = False
    dry_run: bool = False
    redo: Statuses = ()
    report: Path | None = None
    expires_in: Seconds | None = None
    mail_to: str | None = None
    mail_channel: str | None = None
    callback_url: str | None = None

    def check(self) -> None:
        """Find what cannot be meant together.

        Raises:
            CommandError: something; nothing was done.
        """
        rules = (
            (self.out or self.detach or self.dry_run, "Give --out FILE for the results"),
            (not (self.every_night and self.detach), "Give --every-night or --detach, not both"),
            (self.window or not self.every_night, "--every-night needs --window, as 22:00-06:00"),
            (bool(self.mail_to) == bool(self.mail_channel), "--mail-to needs --mail-channel"),
            (
                not (self.detach and self.report),
                "--report is written at the end: not with --detach",
            ),
        )
        for holds, words in rules:
            if not holds:
                raise CommandError(f"{words}. Nothing was read or asked.")
        _ = self.hours

    @property
    def needed_out(self) -> Path:
        """The file of results.

        Raises:
            CommandError: none was given.
        """
        if self.out is None:
            raise CommandError("Give --out FILE for the results. Nothing was read or asked.")
        return self.out

    @property
    def hours(self) -> Window:
        """The window.

        Raises:
            CommandError: it cannot be read.
        """
        try:
            return window_of(self.window, self.time_zone or "America/Sao_Paulo")
        except ValueError as error:
            raise CommandError(f"{error}. Nothing was read or asked.") from error

    @property
    def plan(self) -> dict[str, Any]:
        """What the API is told; what was not said is left out."""
        names = ("window", "time_zone", "expires_in", "mail_to", "mail_channel", "callback_url")
        said = {name: getattr(self, name) for name in names}
        return {name: value for name, value in said.items() if value is not None}
