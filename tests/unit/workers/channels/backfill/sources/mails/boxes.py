"""Mailboxes for tests: old mails of a clinic and its patients, in a list or in a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate

from workers.channels.backfill.sources.mails.held_mail import HeldMail
from workers.channels.backfill.sources.mails.uses import Use

CLINIC = "contato@clinica.example"
ANA = "ana@paciente.example"
#: 14 September 2026, 08:12 in Brazil.
MORNING = 1_789_384_320.0
_NAMES = {"sender": "From", "to": "To", "subject": "Subject"}
HOUR, DAY = 3600.0, 24 * 3600.0


def mail(
    text: str = "Qual o horário?", *, own_id: str | None = "1", at: float = MORNING, **headers: str
) -> bytes:
    """A mail of Ana's; `X_Some_Header` becomes `X-Some-Header`, `sender` is `From`."""
    lines = {
        "Date": formatdate(at),
        "From": f"Ana Souza <{ANA}>",
        "To": CLINIC,
        "Subject": "Colonoscopia",
        "Message-ID": f"<{own_id}@paciente.example>" if own_id else "",
        "Content-Type": "text/plain; charset=utf-8",
    } | {_NAMES.get(name, name.replace("_", "-")): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\n" for name, value in lines.items() if value)
    return f"{head}\n{text}\n".encode()


def reply(
    text: str = "Das 7h às 19h.",
    *,
    to_id: str | None = "1",
    at: float = MORNING + HOUR,
    **headers: str,
) -> bytes:
    """The clinic's answer to one of Ana's mails; to None, one that names none."""
    fields = {
        "sender": f"Clínica Exemplo <{CLINIC}>",
        "to": ANA,
        "subject": "Re: Colonoscopia",
        "In_Reply_To": f"<{to_id}@paciente.example>" if to_id else "",
    }
    return mail(text, own_id=f"r{to_id}", at=at, **(fields | headers))


@dataclass
class ListBox:
    """A box whose mails are a list."""

    contents: Sequence[bytes | HeldMail]
    kind: str = "mbox"
    name: str = "caixa"
    fetched: list[str] = field(default_factory=list)

    def heads(self) -> Iterator[HeldMail]:
        return self.mails()

    def mails(self) -> Iterator[HeldMail]:
        for number, each in enumerate(self.contents):
            yield each if isinstance(each, HeldMail) else HeldMail(str(number), each)

    def fetch(self, ref: str) -> bytes | None:
        self.fetched.append(ref)
        return next((held.raw for held in self.mails() if held.ref == ref), None)

    def close(self) -> None:
        pass


def held(raw: bytes | None, ref: str = "0", use: Use = Use.ORDINARY) -> HeldMail:
    """A mail in some place of its box."""
    return HeldMail(ref, raw, use)
