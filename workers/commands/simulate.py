"""`atende simulate`: try a channel on this machine, without its provider."""

import sys
from pathlib import Path
from typing import Annotated, Final

import httpx
from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.console import Console

from workers.commands.support.errors import CommandError, exit_on_error
from workers.commands.support.phone.channel import TrialChannel
from workers.commands.support.phone.chat import Chat
from workers.commands.support.phone.screen import Screen
from workers.commands.support.phone.script import Paragraph, paragraphs, play
from workers.commands.support.phone.typed import EndOfChat, TypedError, do, new_number
from workers.simulation.whatsapp.graph import StrictGraph
from workers.stack import credentials
from workers.stack.api import ApiAddress, body_of
from workers.stack.errors import ApiError, NotRunningError
from workers.stack.running_stack import running_stack
from workers.stack.settings import LocalSettings, load_settings

#: Longest time of one call of the API, in seconds.
_API_SECONDS: Final = 10.0

simulate = App(name="simulate", help="Try a channel on this machine, without its provider.")


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
            erased = _erase(chat, channel.name, stack.url, settings)
    console.print(f"Mensagens cobradas: {chat.billed}.", style="dim", highlight=False)
    console.print(erased, style="dim", highlight=False)
    sys.exit(1 if wrong else 0)


def _erase(chat: Chat, channel: str, url: str, settings: LocalSettings) -> str:
    """Erase the trial's conversations; what is said of it."""
    saved = credentials.load(settings.data_dir)
    key = (saved.api_key if saved else "") or settings.api_key or "none"
    erased = 0
    try:
        with ApiAddress(url, key).client(_API_SECONDS) as client:
            for phone in chat.phones:
                who = {"contact": phone.patient.user_id}
                page = body_of(client.get("/v1/conversations", params=who))
                own = [each for each in page["conversations"] if each["channel"] == channel]
                for each in own:
                    body_of(client.delete(f"/v1/conversations/{each['id']}"))
                erased += len(own)
    except (ApiError, httpx.HTTPError, ValueError) as error:
        return (
            f"As conversas deste teste não foram todas apagadas ({error}). Elas ficam entre as da "
            "clínica até vencerem, ou até `atende conversations erase`."
        )
    return f"Conversas deste teste apagadas: {erased}."


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
