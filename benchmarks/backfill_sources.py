"""A source of each kind, with questions of every sort: whole, doubled, empty, too long, none."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from mailbox import Maildir, mbox
from pathlib import Path
from typing import Final

import xlsxwriter

from workers.contracts import channel_files
from workers.contracts.email_channel import EmailChannel
from workers.simulation.email.post_office import PostOffice

#: The clinic's mailbox, and the channel that leads to it.
_ADDRESS: Final = "contato@clinica.example"
_CHANNEL: Final = "recepcao"
#: The kind that is no file: a folder at a mail server.
IMAP: Final = "imap"
_BEGIN: Final = datetime(2026, 9, 1, 8, tzinfo=UTC)
_TOO_LONG: Final = "jejum " * 1000


def texts(count: int) -> Iterator[str]:
    """What patients wrote: of fifty an empty one, a long one, one twice, one with all signs."""
    for number in range(count):
        match number % 50:
            case 7:
                yield ""
            case 19:
                yield _TOO_LONG
            case 23:
                yield "Quanto custa o exame de sangue?"
            case 31:
                yield f'Olá; "é" aqui?\nQuanto custa o exame {number}, à vista?'
            case _:
                yield f"Quanto custa o exame de número {number}?"


def as_csv(folder: Path, count: int) -> Path:
    """As Excel in Brazil writes it."""
    path = folder / "perguntas.csv"
    with path.open("w", encoding="cp1252", newline="") as file:
        table = csv.writer(file, delimiter=";", lineterminator="\r\n")
        table.writerow(["Protocolo", "Canal", "Mensagem"])
        table.writerows([f"P{n}", "Site", text] for n, text in enumerate(texts(count)))
    return path


def as_jsonl(folder: Path, count: int) -> Path:
    """As OpenAI's batches have it."""
    path = folder / "lote.jsonl"
    lines = (
        json.dumps(
            {
                "custom_id": f"c{number}",
                "method": "POST",
                "url": "/v1/chat/completions",
                "body": {"model": "x", "messages": [{"role": "user", "content": text}]},
            },
            ensure_ascii=False,
        )
        for number, text in enumerate(texts(count))
    )
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def as_workbook(folder: Path, count: int) -> Path:
    """A sheet of a spreadsheet."""
    path = folder / "perguntas.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Atendimentos")
        sheet.write_row(0, 0, ["Data", "Pergunta"])
        for number, text in enumerate(texts(count), 1):
            asked_at = (_BEGIN + timedelta(hours=number)).replace(tzinfo=None)
            sheet.write_row(number, 0, [f"{asked_at:%d/%m/%Y %H:%M}", text])
    return path


def as_mbox(folder: Path, count: int) -> Path:
    """A mailbox in one file."""
    path = folder / "correio.mbox"
    box = mbox(path)
    for mail in _mails(count):
        box.add(mail)
    box.close()
    return path


def as_maildir(folder: Path, count: int) -> Path:
    """A mailbox in a folder."""
    path = folder / "correio"
    box = Maildir(path)
    for mail in _mails(count):
        box.add(mail)
    return path


def as_chat(folder: Path, count: int) -> Path:
    """An exported chat: its patient asks every quarter of an hour, and is answered now and then."""
    path = folder / "Conversa do WhatsApp com Ana.txt"
    lines = ["01/09/2026 08:00 - As mensagens são protegidas com a criptografia de ponta a ponta."]
    for number, text in enumerate(texts(count)):
        moment = _BEGIN + timedelta(minutes=15 * number)
        said = text.replace("\n", " ") or "<Mídia oculta>"
        lines.append(f"{moment:%d/%m/%Y %H:%M} - Ana Souza: {said}")
        if number % 3 == 0:
            later = moment + timedelta(minutes=5)
            lines.append(f"{later:%d/%m/%Y %H:%M} - Clínica Aurora: Custa R$ {number},00.")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _mails(count: int) -> Sequence[EmailMessage]:
    mails = []
    for number, text in enumerate(texts(count)):
        mail = EmailMessage()
        mail["From"] = f"Paciente {number} <p{number}@paciente.example>"
        mail["To"] = _ADDRESS
        mail["Subject"] = f"Dúvida {number}"
        mail["Date"] = _BEGIN + timedelta(minutes=number)
        mail["Message-ID"] = f"<m{number}@paciente.example>"
        mail.set_content(text or "\n")
        mails.append(mail)
    return mails


#: What writes a source of each kind, and the options that it is read by.
KINDS: Final[dict[str, tuple[Callable[[Path, int], Path], tuple[str, ...]]]] = {
    "csv": (as_csv, ()),
    "jsonl": (as_jsonl, ()),
    "xlsx": (as_workbook, ()),
    "mbox": (as_mbox, ("--clinic", _ADDRESS)),
    "maildir": (as_maildir, ("--clinic", _ADDRESS)),
    "whatsapp": (as_chat, ("--clinic", "Clínica Aurora")),
}


@contextmanager
def opened(kind: str, folder: Path, count: int) -> Iterator[list[str]]:
    """Write a source of a kind, one of `KINDS` or `IMAP`; the words that name it in a command.

    Args:
        kind: of the source.
        folder: where it is written; of a mail server the installation's data folder.
        count: texts.

    Raises:
        DovecotMissingError: it is a mail server, and Dovecot is not installed.
    """
    if kind == IMAP:
        with PostOffice().running() as office:
            yield _as_channel(folder, count, office)
        return
    write, options = KINDS[kind]
    yield [str(write(folder, count)), *options]


def _as_channel(folder: Path, count: int, office: PostOffice) -> list[str]:
    fields = office.channel(office.mailbox(_ADDRESS), name=_CHANNEL, clinic="Clínica Aurora")
    channel_files.save(EmailChannel.model_validate(fields), folder / "channels")
    with office.imap(_ADDRESS) as imap:
        for mail in _mails(count):
            imap.append("INBOX", "", "", mail.as_bytes())
    return ["--channel", _CHANNEL]
