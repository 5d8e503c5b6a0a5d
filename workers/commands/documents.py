"""`atende documents`: what the knowledge base holds of a clinic."""

import sys
from collections.abc import Mapping
from datetime import datetime

from cyclopts import App
from pydantic import JsonValue
from redis import RedisError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingestion.knowledge.errors import KnowledgeError
from workers.commands.support.orders import Order, carry_out
from workers.contracts.documents import UPLOAD, Document, DocumentState
from workers.jobs.documents import DocumentDetails, Listing, Removal
from workers.jobs.errors import JobError
from workers.stack.settings import load_settings

STYLES = {
    DocumentState.QUEUED: "yellow",
    DocumentState.INGESTING: "yellow",
    DocumentState.READY: "green",
    DocumentState.FAILED: "bold red",
    DocumentState.REMOVING: "magenta",
}

documents = App(name="documents", help="List, show and remove documents.")


@documents.command(name="list")
def show_all(*, tenant: str | None = None) -> None:
    """List all documents, those that failed among them, and the knowledge base's version.

    Args:
        tenant: the clinic whose documents are listed.
    """
    found = Listing.model_validate_json(_carried_out("documents-list", tenant, {}))
    console = Console()
    if found.documents:
        console.print(listing_table(found.documents))
    for each in found.documents:
        if each.reason:
            console.print(Text(f"{each.name}: ", "bold").append(each.reason, "not bold"))
    ready = sum(each.state is DocumentState.READY for each in found.documents)
    failed = sum(each.state is DocumentState.FAILED for each in found.documents)
    states = "" if ready == len(found.documents) else f", {ready} ready, {failed} failed"
    chunks = sum(each.chunks for each in found.documents)
    told = f"{len(found.documents)} documents{states}, {chunks} chunks, version {found.version}"
    console.print(Text(f"{found.tenant}: {told}"))


@documents.command
def show(name: str, /, *, tenant: str | None = None) -> None:
    """Show one document, how each of its chunks begins, and the questions that find it.

    Args:
        name: the document's name, as `atende documents list` gives it.
        tenant: the clinic that it belongs to.
    """
    raw = _carried_out("documents-show", tenant, {"name": name})
    found, console = DocumentDetails.model_validate_json(raw), Console()
    console.print(details_table(found))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right", style="dim")
    table.add_column("page", justify="right")
    table.add_column("chunk", ratio=1)
    for number, chunk in enumerate(found.chunks, start=1):
        told = Text(" > ".join(chunk.heading), "bold")
        told.append(("\n" if chunk.heading else "") + chunk.text, "not bold")
        for question in chunk.questions:
            told.append(f"\n· {question}", "dim not bold")
        table.add_row(str(number), str(chunk.page or ""), told)
    if found.chunks:
        console.print(table)


@documents.command
def remove(name: str, /, *, tenant: str | None = None) -> None:
    """Remove a document with its chunks, and say what went.

    Args:
        name: the document's name, as `atende documents list` gives it.
        tenant: the clinic that it belongs to.
    """
    gone = Removal.model_validate_json(_carried_out("remove", tenant, {"name": name}))
    pages = f", {gone.pages} pages" if gone.pages else ""
    console = Console()
    console.print(Text(f"Removed {gone.name}: {gone.chunks} chunks{pages}."))
    if gone.folder:
        console.print(
            Text(
                f"Its file stays in {gone.folder}: the next ingestion of that folder brings the "
                "document back, unless you take the file away."
            )
        )


def listing_table(found: list[Document]) -> Table:
    """One row a document, its title below its name."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("document", overflow="fold")
    table.add_column("pages", justify="right", min_width=5)
    table.add_column("chunks", justify="right", min_width=6)
    table.add_column("ingested", min_width=16)
    table.add_column("state", min_width=max(len(state) for state in DocumentState))
    for each in found:
        name = Text(each.name)
        if each.title:
            name.append(f"\n{each.title}", "dim")
        table.add_row(
            name,
            str(each.pages or ""),
            str(each.chunks or ""),
            _local(each.indexed_at),
            Text(each.state.value, STYLES[each.state]),
        )
    return table


def details_table(found: DocumentDetails) -> Table:
    """What is known of one document."""
    document = found.document
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    origin = "uploaded" if document.origin == UPLOAD else document.origin
    rows = {
        "name": document.name,
        "title": document.title,
        "state": document.state.value,
        "why": document.reason,
        "from": origin,
        "pages": str(document.pages or ""),
        "chunks": str(document.chunks or ""),
        "ingested": _local(document.indexed_at, "%Y-%m-%d %H:%M:%S"),
        "sha256": document.digest,
        "version": found.version,
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, Text(value))
    return table


def _local(at: float | None, form: str = "%Y-%m-%d %H:%M") -> str:
    return "" if at is None else datetime.fromtimestamp(at).astimezone().strftime(form)


def _carried_out(kind: str, tenant: str | None, args: Mapping[str, JsonValue]) -> str:
    settings, console = load_settings(), Console(stderr=True)
    order = Order(
        kind,
        tenant or settings.tenant,
        args,
        say=lambda why: console.print(why, style="dim", markup=False),
    )
    try:
        return carry_out(order, settings)
    except (JobError, KnowledgeError, RedisError) as error:
        told = Text("atende documents: ", "red").append(str(error), "default")
        console.print(told, highlight=False)
        sys.exit(1)
