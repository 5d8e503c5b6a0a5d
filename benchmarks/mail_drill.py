"""Mails come while everything fails: each is taken in once, and answered once at most.

A real Dovecot holds two mailboxes of a clinic, and old mails lie in them. A whole installation (the
API under gunicorn, the intake, the drain, the deliveries, a Valkey server) reads them; only the
model is replaced. Patients, robots and broken programs write, many mails come twice, a mail server
fails at random while answers are handed to it, and every process, Valkey too, is ended by SIGKILL
twice. Then all of it is off while mails of the day before lie there; then the mailbox gets new
numbers (UIDVALIDITY). At the end each mail is looked for, and each letter that went out.

    python -m benchmarks.mail_drill [--mails 1000] [--kills 2] [--seed 1]
"""

import argparse
import os
import random
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.channel_drill import DOCUMENT, environment
from benchmarks.drill_mail_faults import RandomMailFaults
from benchmarks.drill_mailbox import MAILBOXES, MOST_SETTLING, MailDrill, Plan
from benchmarks.drill_stack import DrillStack
from benchmarks.figure import Figure, keep, keep_details, show
from benchmarks.mail_verdict import MailExamination, MailVerdict
from benchmarks.mortal_valkey import MortalValkey
from ingestion.knowledge.base import open_knowledge
from ingestion.pipeline import Target, ingest_path
from workers.contracts import channel_files, logs
from workers.contracts.connection import connect
from workers.contracts.email_channel import EmailChannel
from workers.settings import WorkerSettings
from workers.simulation.email.post_office import PostOffice

COMMAND: Final = "python -m benchmarks.mail_drill"


@dataclass
class Result:
    """What a drill showed.

    Attributes:
        delivered: mails that were put into mailboxes, those that came twice included.
        settling: seconds, of each part.
    """

    verdict: MailVerdict
    delivered: int = 0
    settling: dict[str, float] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)


def run(plan: Plan, settings: WorkerSettings, office: PostOffice, valkey: MortalValkey) -> Result:
    """The whole drill, on an empty server.

    Args:
        plan: how much of everything.
        settings: from the environment that `channel_drill.environment` says.
        office: the mailboxes, running.
        valkey: the server, running.
    """
    _furnish(plan, settings, office)
    faults = office.desk.faults = RandomMailFaults(random.Random(plan.seed))  # noqa: S311
    redis = connect(settings)
    examination = MailExamination(redis, settings, MAILBOXES)
    variables = {name: value for name, value in os.environ.items() if name.startswith("ATENDE_")}
    stack = DrillStack(settings.data_dir, variables)
    drill = MailDrill(plan, office, valkey, stack)
    old = drill.fill()
    try:
        with stack:
            drill.run(examination)
            ended = stack.ended()
        verdict = examination.verdict([*old, *drill.correspondents.mails], office.envelopes)
        for name in ended:
            verdict.blame("process ended by itself", name)
    finally:
        redis.close()
    return Result(verdict, drill.delivered, drill.settling, stack.kills, faults.counts)


def _furnish(plan: Plan, settings: WorkerSettings, office: PostOffice) -> None:
    """The clinic's one document, and its channels' files."""
    document = settings.data_dir / "documents" / "colonoscopia.md"
    document.parent.mkdir(parents=True)
    document.write_text(DOCUMENT, "utf-8")
    with open_knowledge(settings) as knowledge:
        ingest_path(document.parent, Target("clinica", knowledge, settings))
    caps = {"hourly_cap": 10_000, "daily_cap": 10_000, "minute_cap": 100_000}
    for name, address in MAILBOXES.items():
        fields = office.channel(office.mailbox(address), name=name, **caps)
        channel = EmailChannel.model_validate(fields | {"ambiguous_minutes": plan.minutes})
        channel_files.save(channel, settings.channels_dir)


def main() -> None:
    """Print the table, and keep it."""
    plan = Plan()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("mails", "kills", "seed", "outage"):
        parser.add_argument(f"--{name}", type=int, default=getattr(plan, name))
    options = parser.parse_args()
    logs.configure("CRITICAL")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        valkey = stack.enter_context(MortalValkey(folder))
        os.environ |= environment(valkey.url, folder)
        office = stack.enter_context(PostOffice().running())
        result = run(Plan(**vars(options)), WorkerSettings(), office, valkey)
    for name, about in result.verdict.faults.items():
        print(f"{name}: {len(about)}")
        print(*(f"  {each}" for each in about[:10]), sep="\n")
    figures = _figures(result)
    show(figures)
    keep(figures)
    keep_details("mail_drill", _details(result))


def _figures(result: Result) -> list[Figure]:
    verdict = result.verdict
    rows = {
        "mails lost, or asked more than once": (
            *("mail lost or asked twice", "mail lost", "broken mail lost or asked twice"),
            *("mail that no person sees", "post without exactly one kind"),
        ),
        "mails answered twice, letters sent twice": (
            *("mail answered twice", "letter twice", "letter to several"),
            "letter without its question",
        ),
        "old or automatic mails that were taken in": ("mail of nobody's was taken in",),
        "questions that failed, or without exactly one outcome": (
            *("question failed", "question without an outcome", "ended twice or never"),
        ),
        "answers neither sent nor with a person": (
            *("answer neither sent nor with a person", "delivered, and not sent"),
        ),
    }
    return [
        *(
            Figure(f"mail drill: {name}", (verdict.count(*faults),), "", 0, COMMAND, most=True)
            for name, faults in rows.items()
        ),
        Figure(
            "mail drill: seconds until all has settled, of the slowest part",
            (max(result.settling.values()),), "s", MOST_SETTLING, COMMAND, most=True,
        ),
    ]  # fmt: skip


def _details(result: Result) -> dict[str, object]:
    verdict = result.verdict
    return {
        "mails": verdict.mails,
        "delivered": result.delivered,
        "taken_for": verdict.taken_for,
        "questions": verdict.questions,
        "letters": verdict.letters,
        "persons": verdict.persons,
        "unknown": verdict.unknown,
        "aside": verdict.aside,
        "kills": result.kills,
        "failures": result.failures,
        "settling": {part: round(seconds) for part, seconds in result.settling.items()},
        "faults": {name: len(about) for name, about in verdict.faults.items()},
    }


if __name__ == "__main__":
    main()
