"""`atende keys`: API keys for a clinic's bots."""

from cyclopts import App
from rich.console import Console
from rich.table import Table

from workers.commands.support.errors import CommandError, exit_on_error
from workers.commands.support.queue import queue_settings
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.connection import connect
from workers.contracts.signing import callback_secret
from workers.stack import credentials

keys = App(name="keys", help="Make, list and revoke API keys.")


@keys.command
@exit_on_error("atende keys create")
def create(
    name: str, /, *, tenant: str = "clinica", scopes: tuple[Scope, ...] = (Scope.ASK,)
) -> None:
    """Make a key, and show it this once.

    Args:
        name: what the key is for, e.g. `whatsapp-bot`.
        tenant: the clinic that it speaks for.
        scopes: what it may do: ask, ingest, attend (read and answer patients), admin.
    """
    settings, console = queue_settings(), Console()
    key = ApiKeys(connect(settings)).create(tenant, frozenset(scopes), name)
    saved = credentials.load(settings.data_dir)
    master = settings.secret.get_secret_value() or (saved.secret if saved else "")
    console.print(f"API key          {key}", highlight=False)
    if master:
        console.print(f"Callback secret  {callback_secret(master, tenant)}", highlight=False)
    console.print("Only a hash of the key is stored: write the key down now.", style="dim")


@keys.command(name="list")
@exit_on_error("atende keys list")
def show() -> None:
    """List keys by their ids; the keys themselves are not stored."""
    table = Table("id", "name", "tenant", "scopes", "ends in", box=None)
    for key_id, access in ApiKeys(connect(queue_settings())).all().items():
        table.add_row(
            key_id, access.name, access.tenant, ", ".join(sorted(access.scopes)), access.hint
        )
    Console().print(table)


@keys.command
@exit_on_error("atende keys revoke")
def revoke(key_id: str, /) -> None:
    """Revoke a key; the next request with it is refused.

    Args:
        key_id: its id, as `atende keys list` gives it.
    """
    if ApiKeys(connect(queue_settings())).revoke(key_id):
        Console().print(f"{key_id} is revoked.")
    else:
        raise CommandError(
            f"There is no key {key_id}. Nothing was changed. `atende keys list` shows their ids."
        )
