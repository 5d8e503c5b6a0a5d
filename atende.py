"""The `atende` command: one screen of commands, each imported only when it runs."""

from cyclopts import App, Parameter

app = App(
    name="atende",
    help="Answers a clinic's patients from the clinic's own documents, with a self-hosted model.",
    version_flags=["--version"],
    default_parameter=Parameter(negative=()),  # no --no-watch beside --watch
)
app.command(
    "workers.commands.up:up",
    name="up",
    help="""Start everything on this machine.

    That is the queue, the workers and the API. Ctrl-C stops them in order. All is kept in
    `.atende/` (ATENDE_DATA_DIR), and the next start goes on from there.""",
)
app.command(
    "workers.commands.ingest:ingest",
    name="ingest",
    help="""Read documents into the knowledge base.

    An unchanged file costs no more than its hash. Exit code 1 where a file could not be read, 130
    after Ctrl-C.""",
)
app.command(
    "workers.commands.documents:documents",
    name="documents",
    help="List, show, retire, restore and remove documents.",
)
app.command(
    "workers.commands.ask:ask", name="ask", help="Ask one question and wait for the answer."
)
app.command(
    "workers.commands.backfill:backfill",
    name="backfill",
    help="""Answer old questions into a file, never to a patient.

    SOURCE is a table (CSV, JSONL, XLSX), a chat exported from WhatsApp, an mbox, a folder of mails,
    or imaps://user@host/folder. What is guessed of it is shown. Ctrl-C stops; the same line typed
    again goes on, with nothing twice. Exit code 1 where rows failed, 2 where the sum is wrong, 130
    after Ctrl-C.""",
)
app.command(
    "workers.commands.backfills:backfills",
    name="backfills",
    help="List, show, steer, download and remove backfills.",
)
app.command(
    "workers.commands.evaluate:evaluate",
    name="evaluate",
    help="""Measure search, gate and answers on known questions.

    Writes a report (HTML) with its data (JSON) beside it. Exit code 1 where recall@5 is below
    --min-recall, 2 where nothing could be measured.""",
)
app.command(
    "workers.commands.calibrate:calibrate",
    name="calibrate",
    help="""Fit the gate to the clinic's own questions.

    Running workers use it at once. Questions without a `document` count as those that the documents
    do not answer. Each other question is searched again with its documents left out. Exit code 2
    where nothing could be fitted.""",
)
app.command(
    "workers.commands.callbacks:callbacks",
    name="callbacks",
    help="List and replay callbacks that were given up.",
)
app.command(
    "workers.commands.channels:channels",
    name="channels",
    help="Add, list, check and remove the ways patients write on.",
)
app.command(
    "workers.commands.conversations:conversations",
    name="conversations",
    help="Read, claim, answer and close patients' conversations.",
)
app.command(
    "workers.commands.doctor:doctor",
    name="doctor",
    help="""Check each part of the system.

    Says how to repair what fails. Exit code 1 where something does.""",
)
app.command("workers.commands.drain:drain", name="drain", help="See, pause and resume the drains.")
app.command("workers.commands.keys:keys", name="keys", help="Make, list and revoke API keys.")
app.command(
    "workers.commands.simulate:simulate",
    name="simulate",
    help="Try a channel on this machine, without its provider.",
)
app.command("workers.commands.model:model", name="model", help="Prepare the embedded model.")


def main() -> None:
    """Run the command that was typed."""
    app()
