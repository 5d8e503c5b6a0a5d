"""`atende keys`: API keys for a clinic's bots."""

from cyclopts import App
from rich.console import Console
from rich.table import Table

from workers.commands.support.queue import reach
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.connection import connect
from workers.contracts.signing import callback_secret
from workers.stack import credentials

keys = App(name="keys", help="Make, list and revoke API keys.")


@keys.command
def create(
    name: str, /, *, tenant: str = "clinica", scopes: tuple[Scope, ...] = (Scope.ASK,)
) -> None:
    """Make a key and show it, this once.

    Args:
        name: what the key is for, e.g. `whatsapp-bot`.
        tenant: the clinic that it speaks for.
        scopes: what it may do: ask, ingest, admin.
    """
    settings, console = reach(), Console()
    key = ApiKeys(connect(settings)).create(tenant, frozenset(scopes), name)
    made = credentials.load(settings.data_dir)
    master = settings.secret.get_secret_value() or (made.secret if made else "")
    console.print(f"API key          {key}", highlight=False)
    if master:
        console.print(f"Callback secret  {callback_secret(master, tenant)}", highlight=False)
    console.print("The key is stored as a hash only: keep it now.", style="dim")


@keys.command(name="list")
def show() -> None:
    """List keys by id; the keys themselves are not stored."""
    table = Table("id", "name", "tenant", "scopes", "ends in", box=None)
    for key_id, access in ApiKeys(connect(reach())).all().items():
        table.add_row(
            key_id, access.name, access.tenant, ", ".join(sorted(access.scopes)), access.hint
        )
    Console().print(table)


@keys.command
def revoke(key_id: str, /) -> None:
    """Revoke a key: the next request with it is refused."""
    if ApiKeys(connect(reach())).revoke(key_id):
        Console().print(f"{key_id} is revoked.")
    else:
        raise SystemExit(f"There is no key {key_id}. `atende keys list` shows them.")
