"""`atende simulate email`: a mailbox on this machine, and sample mails to it."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.status import Status

from workers.commands.support.errors import CommandError, exit_on_error
from workers.commands.support.letters.mailbox import TrialMailbox
from workers.commands.support.letters.round import Result, Round
from workers.commands.support.letters.sample import SAMPLES, Sample, SampleError, samples
from workers.commands.support.letters.table import show
from workers.commands.support.trial import erase
from workers.simulation.email.errors import PostOfficeError
from workers.simulation.email.post_office import PostOffice
from workers.stack.errors import NotRunningError
from workers.stack.running_stack import RunningStack, running_stack
from workers.stack.settings import LocalSettings, load_settings


@exit_on_error("atende simulate email")
def email(
    mails: Path = SAMPLES,
    *,
    wait: Annotated[float, Parameter(validator=Number(gt=0))] = 120.0,
) -> None:
    """Deliver sample mails to the clinic; `atende simulate` has what users read of it.

    Args:
        mails: a folder of `.eml` files with an `expected.csv`, as `examples/emails`; by default
            these.
        wait: seconds without any change after which what lacks is no longer waited for.
    """
    settings = load_settings()
    stack = running_stack(settings)
    if stack is None:
        raise NotRunningError(
            "No stack is running here. Start it with `atende up` in another terminal, give it "
            "documents with `atende ingest examples/clinica/documentos`, then try again."
        )
    console = Console()
    results = _round(_read(mails), stack, settings, wait, console)
    wrong = sum(not result.right for result in results)
    note = f"{len(results)} e-mails, {len(results) - wrong} como esperado."
    console.print(note, style="dim", highlight=False)
    sys.exit(1 if wrong else 0)


def _round(
    mails: list[Sample], stack: RunningStack, settings: LocalSettings, wait: float, console: Console
) -> list[Result]:
    """Deliver them and show what became of them; then the trial is gone."""
    try:
        with PostOffice().running() as office:
            own = settings.model_copy(update={"redis_url": stack.redis_url})
            mailbox = TrialMailbox(office, own)
            with console.status("O atende abre a caixa de entrada …") as status, mailbox.placed():
                one_round = Round(mailbox, mails, wait)
                results = one_round.run(lambda done, all_: _tell(status, done, all_))
                erased = erase(one_round.senders, mailbox.channel.name, stack.url, settings)
            show(console, results)
            console.print(erased, style="dim", highlight=False)
            return results
    except PostOfficeError as error:
        raise CommandError(str(error)) from error


def _tell(status: Status, done: int, all_: int) -> None:
    """How far it is."""
    status.update(f"{done} de {all_} e-mails como esperado …")


def _read(folder: Path) -> list[Sample]:
    """A folder's samples."""
    try:
        return samples(folder)
    except SampleError as error:
        raise CommandError(f"{error} Nothing was started.") from error
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}. Nothing was started.") from error
