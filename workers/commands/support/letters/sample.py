"""Sample mails from a folder, with what each of them expects.

The folder holds `.eml` files and `expected.csv` with the columns `mail` (the file's name without
`.eml`), `kind` (what it has to be taken for), `done` (what has to be done) and `words` (what the
answer has to say; may be empty).

A sample is written for nobody's clinic and for no day: before it is delivered it gets the trial's
own date, ids and senders, since a clinic reads a mail once and answers a sender so often a day.
`<resposta.NAME@clinica.example>` stands for the Message-ID of the answer to another sample.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from enum import StrEnum
from pathlib import Path
from typing import Final

from workers.simulation.email.envelope import parsed

#: The samples that come along.
SAMPLES: Final = Path(__file__).parent / "samples"
EXPECTED: Final = "expected.csv"
#: The clinic's domain in the samples.
DOMAIN: Final = "clinica.example"
_ANSWER: Final = re.compile(rb"<resposta\.([\w-]+)@clinica\.example>")
_OTHERS: Final = re.compile(rb"@((?!clinica\.example)[a-z-]+\.example)")
_OWN_ID: Final = re.compile(rb"(?mi)^(Message-ID: <[^@\r\n]+)(@clinica\.example>)")
_DATE: Final = re.compile(rb"(?m)^Date: [^\r\n]+")
_RETURN_PATH: Final = re.compile(rb"(?m)^Return-Path: *<([^>\r\n]*)>\r\n")


class SampleError(Exception):
    """A folder of samples cannot be read; the message says which line is wrong."""


class Done(StrEnum):
    """What is done with a mail, as seen from outside.

    Attributes:
        ANSWERED: its sender gets an answer.
        PERSON: a person is called, and the sender is told so.
        FILED: a person is called, and nothing is sent.
        NOTHING: nobody hears of it.
    """

    ANSWERED = "answered"
    PERSON = "person"
    FILED = "filed"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is ready to be delivered.

    Attributes:
        content: as it arrives.
        sender: of the envelope; empty: `<>`.
    """

    content: bytes
    sender: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample mail.

    Attributes:
        name: the file's, without `.eml`.
        content: the file's.
        kind: what it has to be taken for.
        done: what has to be done.
        words: what the answer has to say; empty: anything.
    """

    name: str
    content: bytes
    kind: str
    done: Done
    words: str = ""

    @property
    def needs(self) -> frozenset[str]:
        """The samples whose answers it names."""
        return frozenset(match.decode() for match in _ANSWER.findall(self.content))

    def letter(self, tag: str, answers: Mapping[str, str], now: float) -> Letter:
        """The mail as one trial delivers it.

        Args:
            tag: the trial's, a word for the names of domains.
            answers: Message-IDs of the answers so far, by the samples' names; those that it needs.
            now: Unix seconds.
        """
        content = re.sub(rb"\r?\n", b"\r\n", self.content)
        content = _ANSWER.sub(lambda match: answers[match[1].decode()].encode(), content)
        content = _OTHERS.sub(rb"@" + tag.encode() + rb".\1", content)
        content = _OWN_ID.sub(rb"\1." + tag.encode() + rb"\2", content)
        content = _DATE.sub(b"Date: " + formatdate(now).encode(), content, count=1)
        path = _RETURN_PATH.match(content)
        if path is not None:
            return Letter(content[path.end() :], path[1].decode())
        return Letter(content, _address(content))


def samples(folder: Path) -> list[Sample]:
    """The samples of a folder, in the order of `expected.csv`.

    Raises:
        SampleError: a line or a mail is missing or wrong.
        OSError: a file cannot be read.
    """
    with (folder / EXPECTED).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    result = [_sample(folder, number, row) for number, row in enumerate(rows, start=2)]
    known = {sample.name for sample in result}
    for sample in result:
        if missing := sample.needs - known:
            raise SampleError(f"{sample.name}.eml answers {', '.join(missing)}, which is not here.")
    if not result:
        raise SampleError(f"{folder / EXPECTED} names no mail.")
    return result


def _sample(folder: Path, number: int, row: Mapping[str, str]) -> Sample:
    try:
        name, kind, done = row["mail"], row["kind"], Done(row["done"])
    except (KeyError, ValueError) as error:
        ways = ", ".join(Done)
        raise SampleError(
            f"{folder / EXPECTED}, line {number}: the columns are mail, kind, done and words, and "
            f"done is one of {ways}."
        ) from error
    return Sample(name, (folder / f"{name}.eml").read_bytes(), kind, done, row.get("words") or "")


def _address(content: bytes) -> str:
    """The address of the first sender."""
    header = parsed(content)["From"]
    addresses = getattr(header, "addresses", ())
    return str(addresses[0].addr_spec) if addresses else ""
