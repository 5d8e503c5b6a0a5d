"""`atende backfills`: what is known of all backfills, and how each is steered."""

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter
from rich.console import Console
from rich.text import Text

from workers.channels.backfill.report.approval import approve as approved
from workers.commands.support.backfill import private_files
from workers.commands.support.backfill.calls import Calls, Json
from workers.commands.support.backfill.results import Results, pair_of
from workers.commands.support.backfill.tables import details, listing_table
from workers.commands.support.conversation_tables import printable
from workers.commands.support.errors import CommandError, exit_on_error

backfills = App(name="backfills", help="List, show, steer, download and remove backfills.")

#: Answers that erase: in Portuguese, too.
_YES: Final = frozenset({"y", "yes", "s", "sim"})
_AsJson = Annotated[bool, Parameter(name="--json")]


@backfills.command(name="list")
@exit_on_error("atende backfills list")
def show_all(*, as_json: _AsJson = False) -> None:
    """List the backfills that are kept, the newest first.

    Args:
        as_json: print JSON.
    """
    listed = Calls().listed()
    if as_json:
        print(json.dumps({"backfills": listed}, indent=2))  # noqa: T201 - for programs, unstyled
    elif listed:
        Console().print(listing_table(listed))
    else:
        _say("There is no backfill. Begin one with: atende backfill SOURCE --out FILE")


@backfills.command
@exit_on_error("atende backfills show")
def show(name: str, /, *, as_json: _AsJson = False) -> None:
    """Show how far a backfill is.

    Args:
        name: its name or how that begins, or its id.
        as_json: print JSON.
    """
    backfill = Calls().meant(name)
    if as_json:
        print(json.dumps(backfill, indent=2))  # noqa: T201 - for programs, unstyled
    else:
        Console().print(details(backfill))


@backfills.command
@exit_on_error("atende backfills pause")
def pause(name: str, /, *, withdraw: bool = False) -> None:
    """Ask no more rows for now; what was fed to the workers is still answered.

    Args:
        name: its name or how that begins, or its id.
        withdraw: also take back what no worker has begun.
    """
    backfill = _change(name, "pause", withdraw=withdraw)
    words = f"{backfill['name']} is {backfill['state']}."
    if backfill["state"] == "paused":
        words += f" `atende backfills resume {shlex.quote(backfill['name'])}` goes on."
    _say(words)


@backfills.command
@exit_on_error("atende backfills resume")
def resume(name: str, /) -> None:
    """Go on with a backfill that is paused; the stack does so alone, no command has to follow.

    Args:
        name: its name or how that begins, or its id.
    """
    backfill = _change(name, "resume")
    _say(f"{backfill['name']} is {backfill['state']}.")


@backfills.command
@exit_on_error("atende backfills cancel")
def cancel(name: str, /) -> None:
    """Ask no more rows, for good; the results that there are stay.

    Args:
        name: its name or how that begins, or its id.
    """
    backfill = _change(name, "cancel")
    _say(f"{backfill['name']} is {backfill['state']}. Its results can still be downloaded.")


@backfills.command
@exit_on_error("atende backfills download")
def download(name: str, /, *, out: Path) -> None:
    """Write the results that there are into a file, sorted by row; again, and what is new comes.

    Args:
        name: its name or how that begins, or its id.
        out: the file, ending in .csv or .jsonl.
    """
    calls = Calls()
    backfill = calls.meant(name)
    first = calls.results(backfill["id"], 0, 1)
    if not first:
        raise CommandError("There is no result yet. Nothing was written. Try again later.")
    results = Results(calls, backfill["id"], out, pair_of(first[0])[0].shape)
    try:
        results.fetch()
        rows = results.order()
    finally:
        results.close()
    _say(f"{out} holds the results of {rows} rows.")


@backfills.command
@exit_on_error("atende backfills report")
def report(name: str, /, *, out: Path) -> None:
    """Write the report, an HTML page: what was answered, and what the documents lack.

    Args:
        name: its name or how that begins, or its id.
        out: the file.
    """
    _write_page(name, "report", out)


@backfills.command
@exit_on_error("atende backfills pairs")
def pairs(name: str, /, *, out: Path) -> None:
    """Write the clinic's own later answers beside the questions, a CSV to be read and approved.

    Args:
        name: its name or how that begins, or its id.
        out: the file.
    """
    _write_page(name, "pairs", out)
    _say(
        f"Write `sim` where an answer is right for every patient, then: atende backfills approve "
        f"{out} --faq aprovadas.csv",
        "dim",
    )


@backfills.command
@exit_on_error("atende backfills approve")
def approve(pairs: Path, /, *, faq: Path, known: Path | None = None) -> None:
    """Make a document of the pairs that a person approved, for `atende ingest`.

    Args:
        pairs: the file of pairs, with `sim` in the column `aprovado`; as a spreadsheet saved it.
        faq: the document to write, a CSV; patients get answers out of it.
        known: also write the questions as known ones, JSON Lines for `atende evaluate`.
    """
    for path in filter(None, (faq, known)):
        if path.exists():
            raise CommandError(f"{path} is there already. Nothing was written. Give another name.")
    approval = approved(pairs.read_bytes(), faq.name)
    private_files.write(faq, approval.faq)
    if known is not None:
        private_files.write(known, approval.known)
    for problem in approval.problems:
        _say(f"Left out: {problem}.", "yellow")
    if approval.flagged:
        lines = ", ".join(map(str, approval.flagged))
        _say(f"Look once more for personal data at lines {lines} before you ingest.", "yellow")
    _say(f"{faq} holds {approval.pairs} approved pairs. Next: atende ingest {faq}")


@backfills.command
@exit_on_error("atende backfills remove")
def remove(name: str, /, *, yes: bool = False) -> None:
    """Erase a backfill: its questions, answers and report. Files that were written stay.

    Args:
        name: its name or how that begins, or its id.
        yes: do not ask first.
    """
    calls = Calls()
    backfill = calls.meant(name)
    if not yes and not sys.stdin.isatty():
        raise CommandError("Nothing was erased: nobody can be asked here. Add --yes.")
    asked = f"Erase {printable(backfill['name'])} with {backfill['rows']} rows for good? [y/N] "
    if not yes and input(asked).strip().lower() not in _YES:
        raise CommandError("Nothing was erased.")
    calls.remove(backfill["id"])
    _say(f"{backfill['name']} is erased. Files that were written stay, and so do backups.")


def _change(name: str, what: str, **fields: bool) -> Json:
    calls = Calls()
    return calls.change(calls.meant(name)["id"], what, fields)


def _write_page(name: str, what: str, out: Path) -> None:
    console, calls = Console(stderr=True), Calls()
    backfill = calls.meant(name)
    with console.status(f"making the {what}"):
        page = calls.page(backfill["id"], what)
    private_files.write(out, page)
    _say(f"{out} is written.")


def _say(line: str, style: str = "") -> None:
    Console().print(Text(printable(line), style), soft_wrap=True)
