"""What became of a trial's mails, as a table and with the answers as patients read them."""

from collections.abc import Iterable
from typing import Final

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from workers.channels.email.reading.new_text import new_text
from workers.commands.support.letters.round import Result, plain
from workers.commands.support.letters.sample import Done

_KINDS: Final = {
    "question": "pergunta",
    "automatic": "resposta automática",
    "bounce": "devolução",
    "list": "lista",
    "own": "da própria clínica",
    "spam": "spam",
    "calendar": "agenda",
    "receipt": "confirmação de leitura",
    "not_for_us": "para outros",
    "untrusted": "remetente duvidoso",
    "broken": "ilegível",
}
_DONE: Final = {
    Done.ANSWERED: "respondido",
    Done.PERSON: "pessoa chamada, paciente avisado",
    Done.FILED: "pessoa chamada, nada enviado",
    Done.NOTHING: "nada",
}


def show(console: Console, results: Iterable[Result]) -> None:
    """The answers one by one, then the table."""
    table = Table("E-mail", "Entendido como", "O que foi feito", "")
    for result in results:
        _show_answers(console, result)
        table.add_row(
            result.sample.name,
            _KINDS.get(result.kind, result.kind),
            _DONE[result.done],
            Text("ok", "green") if result.right else Text(_expected(result), "red"),
        )
    console.print(table)


def _show_answers(console: Console, result: Result) -> None:
    """A mail's new words, and under them each answer."""
    for answer in result.answers:
        head = Text(
            f"De: {answer['From']}\nPara: {answer['To']}\nAssunto: {answer['Subject']}", "dim"
        )
        question = Text(new_text(result.mail).text.strip(), "cyan")
        body = Text(plain(answer).strip(), "green")
        console.print(Panel(Group(question, Text(), head, Text(), body), title=result.sample.name))


def _expected(result: Result) -> str:
    """What the sample expects instead."""
    sample = result.sample
    parts = []
    if result.kind != sample.kind:
        parts.append(_KINDS.get(sample.kind, sample.kind))
    if result.done != sample.done:
        parts.append(_DONE[sample.done])
    if sample.words not in result.text:
        parts.append(f"com “{sample.words}”")
    return "esperado: " + ", ".join(parts)
