"""How rightly the new words of mails are cut out, and what other people's mails are taken for.

    python -m benchmarks.mails

The clinic's mails stand in `examples/clinica/emails.jsonl`: sixty replies of all the forms that
mail programs in Brazil give them, and ten mails that answer none; a mail is cut right where its
words are the expected ones, line ends and spaces aside. The others come from the suites of mail
libraries: much of them is damaged on purpose.
"""

import json
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, keep, show
from benchmarks.sets import DATA
from workers.channels.email.reading.mail import Mail, read_mail
from workers.channels.email.reading.new_text import NewText, new_text
from workers.channels.email.reading.screening import screen
from workers.channels.email.reading.verdict import ClinicMail, Kind, Verdict

COMMAND: Final = "python -m benchmarks.mails"
MAILS: Final = Path(__file__).parents[1] / "examples" / "clinica" / "emails.jsonl"
SUITES: Final = ("eml_cpython", "eml_mail_gem", "eml_tika")
CLINIC: Final = "contato@vilaserena.example"
#: How often all mails are read for the time of one.
ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class KnownMail:
    """A mail and its new words.

    Attributes:
        id: of its line.
        kind: the form that it has.
        raw: the mail.
        question: what is new in it.
        reply: whether it answers another.
        unseen: whether it was written after the rules that cut it.
    """

    id: str
    kind: str
    raw: bytes
    question: str
    reply: bool
    unseen: bool

    def is_right(self, text: str) -> bool:
        """Whether these are its new words."""
        return text.split() == self.question.split()


def known_mails() -> list[KnownMail]:
    """All of the clinic's."""
    rows = [json.loads(line) for line in MAILS.read_text("utf-8").splitlines()]
    return [
        KnownMail(
            row["id"],
            row["kind"],
            _raw(row),
            row["question"],
            row["reply"],
            row["written"] == "after the rules",
        )
        for row in rows
    ]


def _raw(row: dict[str, str]) -> bytes:
    message = EmailMessage()
    message["Message-ID"] = f"<{row['id']}@paciente.example>"
    message["From"] = f'"{row["from"]}" <{row["id"]}@paciente.example>'
    message["To"] = CLINIC
    message["Subject"] = row["subject"]
    if row["reply"]:
        message["In-Reply-To"] = f"<{row['id']}.1@vilaserena.example>"
    if "text" in row:
        message.set_content(row["text"])
    if "html" in row:
        add = message.add_alternative if "text" in row else message.set_content
        add(row["html"], subtype="html")
    return message.as_bytes()


def shared_mails(data: Path) -> Iterator[Path]:
    """Other people's mails."""
    for suite in SUITES:
        yield from sorted(path for path in (data / "files" / suite).rglob("*") if path.is_file())


def kinds(mails: Sequence[Mail]) -> Counter[tuple[Kind, str]]:
    """What mails are taken for, and why, as if each had reached whom it was written to."""
    counts: Counter[tuple[Kind, str]] = Counter()
    for mail in mails:
        senders = {each.address for each in mail.senders}
        verdict = screen(mail, ClinicMail(frozenset({*mail.to, *mail.cc} - senders)))
        counts[verdict.kind, verdict.reason] += 1
    return counts


def milliseconds(work: Callable[[], object], count: int) -> float:
    """How long it takes for one of so many."""
    started = time.perf_counter()
    for _ in range(ROUNDS):
        work()
    return (time.perf_counter() - started) * 1000 / (ROUNDS * count)


def _cut(mails: Sequence[KnownMail], console: Console) -> list[Figure]:
    right = Counter[tuple[bool, bool]]()
    for each in mails:
        text = new_text(read_mail(each.raw)).text
        if each.is_right(text):
            right[each.reply, each.unseen] += 1
        else:
            console.print(f"{each.id} {each.kind}: {text!r}", markup=False)
    replies = sum(each.reply for each in mails)
    new = len(mails) - replies
    return [
        Figure(
            "replies by mail cut to their new words",
            (100 * (right[True, True] + right[True, False]) / replies,), "%", 95, COMMAND,
        ),
        Figure(
            "new mails cut to their words",
            (100 * (right[False, True] + right[False, False]) / new,), "%", 95, COMMAND,
        ),
    ]  # fmt: skip


def main() -> None:
    """Print the tables and keep the figures."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with files/")
    console, known = Console(), known_mails()
    raw = [path.read_bytes() for path in shared_mails(parser.parse_args().data)]
    read = [read_mail(each) for each in raw]
    table = Table("others' mails, taken for", "because", "mails", box=None)
    for (kind, reason), count in kinds(read).most_common():
        table.add_row(kind, reason, str(count))
    console.print(table)
    own = [each.raw for each in known]
    figures = [
        *_cut(known, console),
        Figure(
            "a mail read, judged and cut",
            (milliseconds(lambda: [_whole(each) for each in own], len(own)),), "ms", 20, COMMAND,
            most=True,
        ),
        Figure(
            "others' mails read without an error",
            (100 * sum("unreadable" not in " ".join(m.defects) for m in read) / len(read),), "%",
            100, COMMAND,
        ),
    ]  # fmt: skip
    show(figures)
    keep(figures)


def _whole(raw: bytes) -> tuple[Verdict, NewText]:
    mail = read_mail(raw)
    return screen(mail, ClinicMail(frozenset({CLINIC}))), new_text(mail)


if __name__ == "__main__":
    main()
