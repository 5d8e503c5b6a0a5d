"""`atende documents`: what the knowledge base holds of a clinic."""

from collections.abc import Mapping
from datetime import datetime

from cyclopts import App
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workers.commands.support.errors import exit_on_error
from workers.commands.support.force import force_words, period_words
from workers.commands.support.job import NewJob, carry_out
from workers.contracts.documents import UPLOAD, Document, DocumentState, Force
from workers.jobs.documents import DocumentDetails, Listing, Removal, Ruled
from workers.stack.settings import load_settings

STYLES = {
    DocumentState.QUEUED: "yellow",
    DocumentState.INGESTING: "yellow",
    DocumentState.READY: "green",
    DocumentState.FAILED: "bold red",
    DocumentState.REMOVING: "magenta",
}

documents = App(name="documents", help="List, show, retire, restore and remove documents.")


@documents.command(name="list")
def show_all(*, tenant: str | None = None) -> None:
    """List all documents, those that failed or are out of force among them, and the version.

    Args:
        tenant: the clinic whose documents are listed.
    """
    listing = Listing.model_validate_json(_carry_out("documents-list", tenant, {}))
    entries, console = listing.documents, Console()
    if entries:
        console.print(listing_table(entries))
    for entry in entries:
        if entry.reason:
            console.print(Text(f"{entry.name}: ", "bold").append(entry.reason, "not bold"))
    ready = sum(entry.state is DocumentState.READY for entry in entries)
    failed = sum(entry.state is DocumentState.FAILED for entry in entries)
    states = "" if ready == len(entries) else f", {ready} ready, {failed} failed"
    chunks = sum(entry.chunks for entry in entries)
    out = sum(entry.force is not Force.IN_FORCE for entry in entries)
    states += f", {out} out of force" if out else ""
    counts = f"{len(entries)} documents{states}, {chunks} chunks"
    console.print(Text(f"{listing.tenant}: {counts}, version {listing.version}"))


@documents.command
def show(name: str, /, *, tenant: str | None = None) -> None:
    """Show one document, how each of its chunks begins, and the questions that find it.

    Args:
        name: the document's name, as `atende documents list` gives it.
        tenant: the clinic that it belongs to.
    """
    raw = _carry_out("documents-show", tenant, {"name": name})
    details, console = DocumentDetails.model_validate_json(raw), Console()
    console.print(details_table(details))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right", style="dim")
    table.add_column("page", justify="right")
    table.add_column("chunk", ratio=1)
    for number, chunk in enumerate(details.chunks, start=1):
        preview = Text(" > ".join(chunk.heading), "bold")
        preview.append(("\n" if chunk.heading else "") + chunk.text, "not bold")
        if chunk.period:
            style = "dim not bold" if chunk.in_force else "yellow not bold"
            preview.append(f"\n{period_words(chunk.period)}", style)
        for question in chunk.questions:
            preview.append(f"\n· {question}", "dim not bold")
        table.add_row(str(number), str(chunk.page or ""), preview)
    if details.chunks:
        console.print(table)


@documents.command
def remove(name: str, /, *, tenant: str | None = None) -> None:
    """Remove a document with its chunks, and say what was removed.

    Args:
        name: the document's name, as `atende documents list` gives it.
        tenant: the clinic that it belongs to.
    """
    removal = Removal.model_validate_json(_carry_out("remove", tenant, {"name": name}))
    pages = f", {removal.pages} pages" if removal.pages else ""
    console = Console()
    console.print(Text(f"Removed {removal.name}: {removal.chunks} chunks{pages}."))
    if removal.folder:
        console.print(
            Text(
                f"Its file stays in {removal.folder}: the next ingestion of that folder brings the "
                "document back, unless you remove the file first."
            )
        )


@documents.command
def retire(name: str, /, *, tenant: str | None = None) -> None:
    """Put a document out of force: it is kept and listed, but no question is answered from it.

    It stays retired when its file changes or is ingested again.

    Args:
        name: the document's name, as `atende documents list` gives it.
        tenant: the clinic that it belongs to.
    """
    raw = _carry_out("retire", tenant, {"name": name})
    ruled, console = Ruled.model_validate_json(raw), Console()
    name = ruled.document.name
    console.print(
        Text(
            f"Retired {name}: no question is answered from it any more. "
            f"`atende documents restore {name}` brings it back."
        )
    )
    if ruled.back:
        names = ", ".join(ruled.back)
        line = f"It no longer takes the place of {names}: that is searched again. Retire it, too?"
        console.print(Text(line, "yellow"))


@documents.command
def restore(name: str, /, *, tenant: str | None = None) -> None:
    """Bring a document back that was retired, or that a newer edition of its title replaced.

    Args:
        name: the document's name, as `atende documents list` gives it.
        tenant: the clinic that it belongs to.
    """
    raw = _carry_out("restore", tenant, {"name": name})
    document, console = Ruled.model_validate_json(raw).document, Console()
    if document.force is Force.IN_FORCE:
        console.print(Text(f"Restored {document.name}: questions are answered from it."))
        return
    console.print(
        Text(f"Restored {document.name}. It is still out of force: {force_words(document)}.")
    )
    console.print(
        Text(
            "Retire that document, or change what it says of this one."
            if document.force is Force.REPLACED
            else "Ingest its file again with --valid-from or --valid-until, a day or `none`."
        )
    )


def listing_table(entries: list[Document]) -> Table:
    """One row a document, its title below its name."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("document", overflow="fold")
    table.add_column("pages", justify="right", min_width=5)
    table.add_column("chunks", justify="right", min_width=6)
    table.add_column("ingested", min_width=16)
    table.add_column("in force", overflow="fold", min_width=8)
    table.add_column("state", min_width=max(len(state) for state in DocumentState))
    for entry in entries:
        name = Text(entry.name)
        if entry.title:
            name.append(f"\n{entry.title}", "dim")
        table.add_row(
            name,
            str(entry.pages or ""),
            str(entry.chunks or ""),
            _local(entry.indexed_at),
            Text(force_words(entry), "" if entry.force is Force.IN_FORCE else "yellow"),
            Text(entry.state.value, STYLES[entry.state]),
        )
    return table


def details_table(details: DocumentDetails) -> Table:
    """What is known of one document."""
    document = details.document
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    origin = "uploaded" if document.origin == UPLOAD else document.origin
    rows = {
        "name": document.name,
        "title": document.title,
        "state": document.state.value,
        "why": document.reason,
        "in force": force_words(document),
        "first day": str(document.valid_from or ""),
        "replaces": document.replaces,
        "from": origin,
        "pages": str(document.pages or ""),
        "chunks": str(document.chunks or ""),
        "ingested": _local(document.indexed_at, "%Y-%m-%d %H:%M:%S"),
        "sha256": document.digest,
        "version": details.version,
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, Text(value))
    return table


def _local(moment: float | None, form: str = "%Y-%m-%d %H:%M") -> str:
    return "" if moment is None else datetime.fromtimestamp(moment).astimezone().strftime(form)


@exit_on_error("atende documents")
def _carry_out(kind: str, tenant: str | None, args: Mapping[str, JsonValue]) -> str:
    settings = load_settings()
    return carry_out(NewJob(kind, tenant or settings.tenant, args), settings)
