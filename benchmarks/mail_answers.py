"""How rightly patients' mails are answered, from the mail as it comes to what is sent.

    python -m benchmarks.mail_answers

They stand in `examples/clinica/perguntas-email.jsonl`: a subject, a salutation, who writes and why,
what is asked, a closing and a signature. Each is read, cut to its new words, looked at by triage,
searched, weighed by the gate and quoted, as a worker does it. The rules were made on the first half
of them; what the second showed, seen once they stood, is told in docs/figures.md. One rule came of
it, so its figure here is no first sight any more.
"""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, keep, show
from benchmarks.selector_replies import find, find_parts, reply, searched, sent, verdict
from ingestion.knowledge.base import Knowledge
from workers.answering.gate import weakness_of
from workers.answering.quoting.selector import Selector, load_selector
from workers.answering.triage.triage import load_triage
from workers.channels.burst_text import BurstText
from workers.channels.email.reading.mail import read_mail
from workers.channels.email.reading.new_text import new_text
from workers.channels.email.receiving.excerpt import excerpt
from workers.channels.fixed import fixed_reply
from workers.evaluation.questions import KnownQuestion, read_questions
from workers.evaluation.reply import Reply
from workers.evaluation.verdicts import BAD, SENT, Verdict
from workers.settings import WorkerSettings

COMMAND: Final = "python -m benchmarks.mail_answers"
CLINIC: Final = Path(__file__).parents[1] / "examples" / "clinica"
MAILS: Final = CLINIC / "perguntas-email.jsonl"
CLINIC_ADDRESS: Final = "atendimento@vilaserena.example"
#: The halves of the file: the rules were made on the first.
HALVES: Final = ("first", "second")


@dataclass(frozen=True, slots=True)
class PatientsMail:
    """A known mail.

    Attributes:
        known: what should be found for it.
        raw: the mail.
        half: of the file.
    """

    known: KnownQuestion
    raw: bytes
    half: str


def mails() -> list[PatientsMail]:
    """All of them."""
    known, bad_rows = read_questions(MAILS)
    if bad_rows:
        raise ValueError(f"line {bad_rows[0].line}: {bad_rows[0].reason}")
    rows = map(json.loads, MAILS.read_text("utf-8").splitlines())
    return [
        PatientsMail(each, _raw(row), row["half"]) for each, row in zip(known, rows, strict=True)
    ]


def _raw(row: Mapping[str, Any]) -> bytes:
    message = EmailMessage()
    message["Message-ID"] = f"<{row['id']}@paciente.example>"
    message["From"] = f'"{row["from"]}" <{row["id"]}@paciente.example>'
    message["To"] = CLINIC_ADDRESS
    message["Subject"] = row["subject"]
    message.set_content(row["question"])
    return message.as_bytes()


class Answering:
    """What becomes of a mail.

    Args:
        knowledge: what is searched.
        selector: what quotes.
    """

    def __init__(self, knowledge: Knowledge, selector: Selector) -> None:
        self._knowledge = knowledge
        self._selector = selector
        self._triage = load_triage()

    def outcome(self, mail: PatientsMail) -> tuple[Verdict, Reply]:
        """The verdict on what it gets, and that."""
        text = excerpt(new_text(read_mail(mail.raw)).text) or ""
        findings = find(self._knowledge, text)
        fixed = fixed_reply(BurstText(text), self._triage, "pt")
        if fixed is not None:
            ended = reply(fixed.status.value, reason=fixed.reason)
            return verdict(mail.known, findings, ended), ended
        parts = find_parts(self._knowledge, text)
        calibration = self._knowledge.calibrations.of("clinic")
        for each in (findings, *(part.findings for part in parts)):
            if weakness := weakness_of(each, calibration, None):
                ended = reply("needs_human", reason=weakness)
                return verdict(mail.known, findings, ended), ended
        read = partial(self._knowledge.chunks_in_force, "clinic")
        quote = self._selector.select(text, findings, read, (), parts)
        ended = sent(quote) if quote else reply("needs_human", reason="unsure")
        return verdict(mail.known, findings, ended), ended


def outcomes(known: Sequence[PatientsMail], console: Console) -> Counter[tuple[str, str, Verdict]]:
    """Verdicts by half and kind; all that is sent is shown, to be read."""
    counts: Counter[tuple[str, str, Verdict]] = Counter()
    with searched(CLINIC / "documentos") as knowledge:
        answering = Answering(knowledge, load_selector(WorkerSettings()))
        for mail in known:
            judged, ended = answering.outcome(mail)
            counts[mail.half, mail.known.kind, judged] += 1
            what = " ".join(ended.text.split()) or ended.reason
            console.print(f"{mail.known.id} {judged}: {what}", markup=False)
    return counts


def main() -> None:
    """Print the table and keep the figures."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=HALVES, help="one half alone; keeps no figure")
    half = parser.parse_args().half
    console, known = Console(), [each for each in mails() if half in {None, each.half}]
    counts = outcomes(known, console)
    table = Table("half", "kind", *(each.value for each in Verdict), box=None)
    for name, kind in dict.fromkeys((name, kind) for name, kind, _ in counts):
        table.add_row(name, kind, *(str(counts[name, kind, each]) for each in Verdict))
    console.print(table)
    if half is None:
        figures = [figure for name in HALVES for figure in _figures(name, counts)]
        show(figures)
        keep(figures)


def _figures(half: str, counts: Counter[tuple[str, str, Verdict]]) -> list[Figure]:
    own: Counter[Verdict] = Counter()
    for (name, _, judged), count in counts.items():
        if name == half:
            own[judged] += count
    answerable = own[Verdict.RIGHT] + own[Verdict.TO_PERSON_WRONGLY]
    return [
        Figure(
            f"patients' mails quoted rightly, {half} half",
            (100 * own[Verdict.RIGHT] / max(1, answerable),), "%", None, COMMAND,
        ),
        Figure(
            f"patients' mails quoted wrongly, {half} half",
            (100 * sum(own[each] for each in BAD) / max(1, sum(own[each] for each in SENT)),),
            "% of sent", 0, COMMAND, most=True,
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
