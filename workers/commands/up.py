"""`atende up`: the whole system on this machine, until Ctrl-C."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.panel import Panel

from workers.commands.support.errors import exit_on_error
from workers.contracts.connection import connect
from workers.contracts.pauses import Pauses
from workers.contracts.settings import QueueSettings
from workers.contracts.signing import callback_secret
from workers.stack.settings import load_settings
from workers.stack.stack import Stack

#: Seconds between two lines of the same step in a log.
_NEXT_LINE_SECONDS = 20.0


class Interrupted(Exception):  # noqa: N818 - what the user wants, not an error
    """SIGINT or SIGTERM came."""


@exit_on_error("atende up")
def up() -> None:
    """Start the queue, the workers and the API on this machine; Ctrl-C stops them in order."""
    console = Console(stderr=True)
    settings = load_settings()
    try:
        os.umask(0o077)
        with interruptible(), progress(console) as say:
            stack = Stack(settings, say)
            with stack.running():
                console.print(_welcome(stack))
                if _is_paused(stack):
                    console.print(
                        "Paused: questions are accepted and wait. `atende drain status` says since "
                        "when, `atende drain resume` ends it.",
                        style="yellow",
                    )
                say("running; Ctrl-C stops")
                stack.watch()
    except Interrupted:
        console.print("Stopped. Questions and documents are kept.")


def _is_paused(stack: Stack) -> bool:
    """Whether a pause from before this start still holds."""
    client = connect(QueueSettings(redis_url=stack.redis_url))
    try:
        return bool(Pauses(client).all())
    finally:
        client.close()


@contextmanager
def progress(console: Console) -> Iterator["_Steps"]:
    """A line that shows the step at work."""
    with console.status("starting") as status:
        yield _Steps(console, status.update)


class _Steps:
    """Shows steps: in place on a terminal, else as lines, repeated now and then."""

    def __init__(self, console: Console, update: Callable[[str], None]) -> None:
        self._console = console
        self._update = update
        self._last = ""
        self._printed_at = 0.0

    def __call__(self, step: str) -> None:
        if self._console.is_terminal:
            self._update(step)
            return
        kind, now = step.partition(" (")[0], time.monotonic()
        if kind != self._last or now - self._printed_at >= _NEXT_LINE_SECONDS:
            self._last, self._printed_at = kind, now
            self._console.print(step, highlight=False)


@contextmanager
def interruptible() -> Iterator[None]:
    """The first Ctrl-C, SIGTERM or hang-up raises `Interrupted`; later ones are ignored."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(_number: int, _frame: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise Interrupted

    handlers = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)


def _welcome(stack: Stack) -> Panel:
    credentials, tenant = stack.credentials, stack.settings.tenant
    demonstration = stack.settings.has_embedded_model
    return Panel(
        "\n".join(
            [
                f"API        {stack.url}   (docs: {stack.url}/docs)",
                f"API key    {credentials.api_key}",
                f"Callbacks  signed with {callback_secret(credentials.secret, tenant)}",
                f"Kept in    {stack.settings.data_dir.resolve()}",
                "",
                "Give it documents, then ask:",
                "  atende ingest examples/clinica/documentos",
                '  atende ask "Posso tomar água antes da endoscopia?"',
                *(
                    ["", "The embedded model is a demonstration: it must not advise patients."]
                    if demonstration
                    else []
                ),
            ]
        ),
        title="Atende is ready",
    )
