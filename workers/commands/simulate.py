"""`atende simulate`: try a channel on this machine, without its provider."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.console import Console

from workers.commands.support.errors import CommandError, exit_on_error
from workers.commands.support.phone.channel import TrialChannel
from workers.commands.support.phone.chat import Chat
from workers.commands.support.phone.screen import Screen
from workers.commands.support.phone.script import Paragraph, paragraphs, play
from workers.commands.support.phone.typed import EndOfChat, TypedError, do, new_number
from workers.commands.support.trial import erase
from workers.simulation.whatsapp.graph import StrictGraph
from workers.stack.errors import NotRunningError
from workers.stack.running_stack import running_stack
from workers.stack.settings import load_settings

simulate = App(name="simulate", help="Try a channel on this machine, without its provider.")
simulate.command(
    "workers.commands.simulate_email:email",
    name="email",
    help="""Deliver sample mails to the clinic, and see what becomes of them.

    A mail server of this machine, Dovecot, keeps the trial's mailbox; all else is real: reading by
    IMAP, queue, worker, sending. Nothing leaves this machine. The stack must run (`atende up`).
    Shown are the answers as patients read them, and what each mail was taken for and what was done.
    At the end the trial's conversations are erased. Exit code 1 where something differs
    from what a sample expects.""",
)


@simulate.command(name="whatsapp")
@exit_on_error("atende simulate whatsapp")
def whatsapp(
    *,
    name: str = "Ana",
    hours: str | None = None,
    script: Path | None = None,
    wait: Annotated[float, Parameter(validator=Number(gt=0))] = 120.0,
) -> None:
    """Chat with the clinic as a patient on WhatsApp, in this terminal, without Meta.

    A strict local stand-in takes the place of Meta's API; all else is real: webhook, queue, worker,
    sender. The stack must run (`atende up`). /ajuda lists what else a patient can do. At the end
    the trial's conversations are erased.

    Args:
        name: the patient's.
        hours: when people are there, as `seg-sex 08:00-18:00; sáb 08:00-12:00`.
        script: a file whose paragraphs are typed one by one; exit code 1 where an answer lacked,
            or came where none was to.
        wait: seconds that a script waits for an answer.
    """
    settings = load_settings()
    stack = running_stack(settings)
    if stack is None:
        raise NotRunningError(
            "No stack is running here. Start it with `atende up` in another terminal, give it "
            "documents with `atende ingest examples/clinica/documentos`, then try again."
        )
    played = _read(script) if script else None
    console = Console()
    with StrictGraph().running() as graph:
        channel = TrialChannel(graph, settings, hours)
        chat = Chat(graph, [graph.patient(name, new_number())], channel)
        with channel.placed(stack.url):
            with Screen(console, chat) as screen:
                wrong = _talk(chat, screen) if played is None else play(chat, played, wait)
            contacts = [phone.patient.user_id for phone in chat.phones]
            erased = erase(contacts, channel.name, stack.url, settings)
    console.print(f"Mensagens cobradas: {chat.billed}.", style="dim", highlight=False)
    console.print(erased, style="dim", highlight=False)
    sys.exit(1 if wrong else 0)


def _read(script: Path) -> list[Paragraph]:
    """A script's paragraphs."""
    try:
        return paragraphs(script.read_text("utf-8").splitlines())
    except OSError as error:
        raise CommandError(f"{script}: {error.strerror}. Nothing was started.") from error
    except (TypedError, UnicodeDecodeError) as error:
        raise CommandError(f"{script}: {error} Nothing was started.") from error


def _talk(chat: Chat, screen: Screen) -> int:
    """What is typed, until the end; always 0."""
    chat.note("Você está no WhatsApp da clínica. /ajuda mostra o que há, /sair termina.")
    while True:
        try:
            do(chat, screen.line())
        except TypedError as error:
            chat.note(str(error))
        except (EndOfChat, EOFError, KeyboardInterrupt):
            return 0
