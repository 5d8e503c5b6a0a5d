"""Mails that a clinic gets in a drill, each with a mark: patients', robots', broken ones."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from enum import StrEnum
from typing import Final

#: The word that no other mail has.
_MARK: Final = "m{:05}"
#: How many patients write.
_PATIENTS: Final = 400


class Hope(StrEnum):
    """What must become of a mail."""

    ASKED = "asked"  #: one question, and one answer or a person
    NOTED = "noted"  #: in a conversation, and nobody is answered
    PERSON = "person"  #: likewise, and a person is called
    SILENCE = "silence"  #: nothing but a count
    TRACE = "trace"  #: in a conversation, or kept aside, and answered once at most


@dataclass(frozen=True, slots=True)
class DrillMail:
    """A mail of a drill.

    Attributes:
        mark: word in it that no other mail has.
        kind: what it was made as.
        sender: its address.
        message_id: with brackets; empty where it has none.
        hope: what must become of it.
        raw: its bytes.
    """

    mark: str
    kind: str
    sender: str
    message_id: str
    hope: Hope
    raw: bytes


#: What a mail is, and of how many thousand. The last is one of `BROKEN`.
KINDS: Final[dict[str, int]] = {
    "question": 560,
    "person asked": 30,
    "long": 20,
    "emergency": 10,
    "attachment": 20,
    "reply": 80,
    "thanks": 40,
    "absence note": 60,
    "newsletter": 40,
    "bounce": 20,
    "no reply": 30,
    "not for us": 10,
    "several senders": 20,
    "broken": 60,
}


class Correspondents:
    """Who write: patients, and the robots of others.

    Args:
        address: the clinic's.
        chance: of kinds and senders.

    Attributes:
        mails: what was written, in order.
    """

    def __init__(self, address: str, chance: random.Random) -> None:
        self._address = address
        self._chance = chance
        self._marks = itertools.count()
        self.mails: list[DrillMail] = []
        self._makers: dict[str, Callable[[str], DrillMail]] = {
            "question": self.question,
            "person asked": self._person_asked,
            "long": self._long,
            "emergency": self._emergency,
            "attachment": self._attachment,
            "reply": self._reply,
            "thanks": self._thanks,
            "absence note": self._absence_note,
            "newsletter": self._newsletter,
            "bounce": self._bounce,
            "no reply": self._no_reply,
            "not for us": self._not_for_us,
            "several senders": self._several_senders,
            "broken": self._broken,
        }

    def write(self) -> DrillMail:
        """One more mail, of any kind."""
        (kind,) = self._chance.choices(list(KINDS), list(KINDS.values()))
        mail = self._makers[kind](_MARK.format(next(self._marks)))
        self.mails.append(mail)
        return mail

    def write_question(self) -> DrillMail:
        """One more mail that asks."""
        mail = self.question(_MARK.format(next(self._marks)))
        self.mails.append(mail)
        return mail

    def question(self, mark: str) -> DrillMail:
        """A patient's question."""
        return self._mail(mark, "question", Hope.ASKED, _question(mark))

    def _person_asked(self, mark: str) -> DrillMail:
        text = f"Quero falar com um atendente sobre o pedido {mark}"
        return self._mail(mark, "person asked", Hope.ASKED, text)

    def _long(self, mark: str) -> DrillMail:
        story = "\n\n".join(f"No dia {day} tudo correu bem com o tratamento." for day in range(70))
        return self._mail(mark, "long", Hope.ASKED, f"{story}\n\n{_question(mark)}")

    def _emergency(self, mark: str) -> DrillMail:
        text = f"Pedido {mark}: estou com muita dor no peito e falta de ar"
        return self._mail(mark, "emergency", Hope.ASKED, text)

    def _attachment(self, mark: str) -> DrillMail:
        mail = self._letter(mark, f"Este é o pedido {mark}. Qual é o preparo da colonoscopia?")
        mail.add_attachment(
            self._chance.randbytes(400_000),
            maintype="application",
            subtype="pdf",
            filename="pedido.pdf",
        )
        return self._done(mark, "attachment", Hope.ASKED, mail)

    def _reply(self, mark: str) -> DrillMail:
        """A patient goes on in his thread: what he quotes is no new question."""
        earlier = [each for each in self.mails if each.kind == "question" and each.message_id]
        if not earlier:
            return self.question(mark)
        one = self._chance.choice(earlier[-100:])
        text = (
            f"{_question(mark)}\n\nEm qui., 26 de nov. de 2026 às 10:00, Clínica "
            f"<{self._address}> escreveu:\n\n> Pedido {one.mark}: faça jejum de 8 horas.\n"
        )
        mail = self._letter(mark, text, one.sender)
        mail["In-Reply-To"] = mail["References"] = one.message_id
        return self._done(mark, "reply", Hope.ASKED, mail)

    def _thanks(self, mark: str) -> DrillMail:
        mail = self._letter(mark, "Muito obrigada!")
        del mail["Subject"]
        return self._done(mark, "thanks", Hope.NOTED, mail)

    def _absence_note(self, mark: str) -> DrillMail:
        mail = self._letter(mark, f"Estou de férias. {mark}", f"{mark}@ferias.example")
        mail["Auto-Submitted"] = "auto-replied"
        return self._done(mark, "absence note", Hope.SILENCE, mail)

    def _newsletter(self, mark: str) -> DrillMail:
        mail = self._letter(mark, f"Quer saber as novidades? {mark}", f"{mark}@noticias.example")
        mail["List-Unsubscribe"] = "<https://noticias.example/sair>"
        return self._done(mark, "newsletter", Hope.SILENCE, mail)

    def _bounce(self, mark: str) -> DrillMail:
        mail = self._letter(mark, f"Delivery failed. {mark}", f"mailer-daemon@{mark}.example")
        return self._done(mark, "bounce", Hope.SILENCE, mail)

    def _no_reply(self, mark: str) -> DrillMail:
        mail = self._letter(mark, f"Sua fatura {mark} chegou?", f"nao-responda@{mark}.example")
        return self._done(mark, "no reply", Hope.SILENCE, mail)

    def _not_for_us(self, mark: str) -> DrillMail:
        mail = self._letter(mark, _question(mark), f"{mark}@massa.example")
        mail.replace_header("To", "clientes@massa.example")
        return self._done(mark, "not for us", Hope.PERSON, mail)

    def _several_senders(self, mark: str) -> DrillMail:
        mail = self._letter(mark, _question(mark), f"{mark}@a.example")
        mail.replace_header("From", f"{mark}@a.example, {mark}@b.example")
        return self._done(mark, "several senders", Hope.PERSON, mail)

    def _broken(self, mark: str) -> DrillMail:
        name = self._chance.choice(list(BROKEN))
        mail = self._mail(mark, f"broken: {name}", Hope.TRACE, _question(mark))
        raw = BROKEN[name](mail.raw, mail)
        return DrillMail(mark, mail.kind, mail.sender, mail.message_id, Hope.TRACE, raw)

    # -- their parts ------------------------------------------------------------------------------

    def _mail(self, mark: str, kind: str, hope: Hope, text: str) -> DrillMail:
        return self._done(mark, kind, hope, self._letter(mark, text))

    def _letter(self, mark: str, text: str, sender: str = "") -> EmailMessage:
        mail = EmailMessage()
        place = self._chance.randrange(_PATIENTS)
        mail["From"] = sender or f"Paciente {place} <p{place:04}@paciente.example>"
        mail["To"] = self._address
        mail["Subject"] = f"Dúvida {mark}"
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{mark}@paciente.example>"
        mail.set_content(f"Bom dia,\n\n{text}\n")
        return mail

    @staticmethod
    def _done(mark: str, kind: str, hope: Hope, mail: EmailMessage) -> DrillMail:
        sender = str(mail["From"]).rpartition("<")[2].rstrip(">")
        return DrillMail(mark, kind, sender, str(mail["Message-ID"]), hope, bytes(mail))


def _question(mark: str) -> str:
    return f"Qual é o preparo da colonoscopia, pedido {mark}?"


def _without(name: bytes) -> Callable[[bytes, DrillMail], bytes]:
    def broken(raw: bytes, _mail: DrillMail) -> bytes:
        return b"".join(line for line in raw.splitlines(keepends=True) if not line.startswith(name))

    return broken


def _header(line: bytes) -> Callable[[bytes, DrillMail], bytes]:
    return lambda raw, _mail: line + b"\n" + raw


#: Ways to break a mail: what happened to those who came before.
BROKEN: Final[dict[str, Callable[[bytes, DrillMail], bytes]]] = {
    "no sender": _without(b"From:"),
    "an empty sender": lambda raw, mail: b"From: <>\n" + _without(b"From:")(raw, mail),
    "no id": _without(b"Message-ID:"),
    "an empty id": lambda raw, mail: b"Message-ID: <>\n" + _without(b"Message-ID:")(raw, mail),
    "an unknown charset": lambda raw, _mail: raw.replace(b"utf-8", b"x-unknown"),
    "a date without end": _header(b"Date: " + b"9" * 181),
    "headers twice": lambda raw, mail: (
        b"Subject: Outro\nMessage-ID: <0" + mail.mark.encode() + b"@paciente.example>\n" + raw
    ),
    "bytes in a header": _header(b"X-Nome: Jos\xe9 da Concei\xe7\xe3o"),
    "a multipart that never ends": lambda _raw, mail: (
        b"From: " + mail.sender.encode() + b"\nTo: contato@clinica.example\n"
        b"Message-ID: " + mail.message_id.encode() + b"\n"
        b'Content-Type: multipart/alternative; boundary="b"\n\n--b\nContent-Type: text/plain; '
        b"charset=utf-8\n\n" + _question(mail.mark).encode()
    ),
    "no headers at all": lambda _raw, mail: b"\x01\x02\xff " + mail.mark.encode() + b" \xfe\n",
    "a damaged base64": lambda _raw, mail: (
        b"From: " + mail.sender.encode() + b"\nTo: contato@clinica.example\n"
        b"Subject: " + mail.mark.encode() + b"\nMessage-ID: " + mail.message_id.encode() + b"\n"
        b"Content-Transfer-Encoding: base64\nContent-Type: text/plain\n\n!!!!????====\n"
    ),
}
