"""`atende ingest`: in this process, or through the worker that owns the embedded vectors."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from ingestion.dry_run import dry_run_unopened
from ingestion.knowledge.base import open_knowledge
from ingestion.pipeline import Target, ingest_path
from ingestion.report import Event, Report
from ingestion.validity import UNSAID, ValidityError
from workers.commands.support.embedding import (
    COMMAND,
    RECALL,
    calibrate_embedding,
    show_embedding,
)
from workers.commands.support.errors import USER_ERRORS, CommandError, exit_on_error
from workers.commands.support.ingest_report import show_report
from workers.commands.support.job import NewJob, carry_out
from workers.commands.support.progress import FileBar
from workers.commands.support.watch import watch as watch_folder
from workers.stack.running_stack import running_stack
from workers.stack.settings import LocalSettings, load_settings

#: Longest calibration of an embedding model that an ingestion does unasked, in seconds.
_CALIBRATION_SECONDS = 120

#: Exit code after Ctrl-C.
_INTERRUPTED = 130


@exit_on_error("atende ingest")
def ingest(  # noqa: PLR0913 - a command's options
    path: Path,
    /,
    *,
    tenant: str | None = None,
    dry_run: bool = False,
    rebuild: bool = False,
    watch: bool = False,
    valid_from: str | None = None,
    valid_until: str | None = None,
    replaces: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Read a file or folder into the knowledge base; an unchanged one costs only its hash.

    Args:
        path: a document, or a folder of documents, e.g. PDF, DOCX, XLSX, HTML, CSV, EML; all
            formats: docs/operate.md#documents.
        tenant: the clinic that the documents belong to.
        dry_run: show what would be done, and change nothing.
        rebuild: embed everything anew, after a change of ATENDE_EMBEDDING; stop the stack first.
        watch: then ingest whatever changes in the folder, until Ctrl-C. On network drives set
            WATCHFILES_FORCE_POLLING=true.
        valid_from: first day on which this file is searched, e.g. 2026-12-31 or 31/12/2026; `none`
            takes back what was said before. It goes before what the file says, and stays said.
        valid_until: the last day, likewise.
        replaces: name of the document that this file replaces while it is in force; or `none`.
        as_json: print the report as JSON.
    """
    settings, console = load_settings(), Console(stderr=True)
    ingestion = Ingestion(settings, tenant or settings.tenant, console, as_json=as_json)
    if dry_run + rebuild + watch > 1:
        raise CommandError(
            "Give only one of --dry-run, --rebuild and --watch. Nothing was changed."
        )
    said = {"valid_from": valid_from, "valid_until": valid_until, "replaces": replaces}
    validity = {name: text for name, text in said.items() if text is not None}
    if validity:
        _check_validity(validity, path, alone=not (dry_run or rebuild or watch))
    try:
        if watch:
            status = watch_folder(path, ingestion, console)
        elif rebuild:
            status = ingestion.rebuild(path)
        elif dry_run:
            status = ingestion.plan(path)
        else:
            status = ingestion(path, validity)
    except KeyboardInterrupt:
        console.print(
            "Stopped. What was written stays. A running stack goes on with this job; "
            "`atende documents list` shows how far it is."
        )
        status = _INTERRUPTED
    sys.exit(status)


class Ingestion:
    """Ingests paths of one clinic, each with a bar and a report.

    Args:
        settings: where the knowledge base or the running stack is.
        tenant: the clinic.
        console: where progress is shown.
        as_json: print reports as JSON.
    """

    def __init__(
        self, settings: LocalSettings, tenant: str, console: Console, *, as_json: bool = False
    ) -> None:
        self._settings = settings
        self._tenant = tenant
        self._console = console
        self._as_json = as_json
        self._has_calibrated = False

    def __call__(self, path: Path, validity: Mapping[str, str] | None = None) -> int:
        """Ingest a file or a folder; the exit code.

        Args:
            path: what to ingest.
            validity: of a single file, what the clinic says of it; see `Target.validity`.

        Raises:
            CommandError: there is nothing at `path`.
            JobError: it could not be carried out.
            KnowledgeError: the knowledge base cannot be opened or written.
        """
        with FileBar(self._console) as bar:
            report = self._carry_out("ingest", path, bar, validity)
        status = self._show(report)
        self._calibrate(report)
        return status

    def plan(self, path: Path) -> int:
        """Show what `__call__` would do; the exit code."""
        if self._worker_owns_the_store:
            return self._show(self._carry_out("ingest-plan", path))
        _check_exists(path)
        return self._show(dry_run_unopened(path, self._tenant, self._settings))

    def rebuild(self, path: Path) -> int:
        """Embed everything anew, and ingest `path` again; the exit code."""
        if self._worker_owns_the_store:
            raise CommandError(
                "A rebuild needs the knowledge base for itself. Nothing was changed. Stop "
                "`atende up`, run this again, then start it."
            )
        _check_exists(path)
        with (
            open_knowledge(self._settings, rebuild=True) as knowledge,
            FileBar(self._console) as bar,
        ):
            target = Target(self._tenant, knowledge, self._settings)
            report = ingest_path(path, target, bar, reread=True)
        status = self._show(report)
        self._calibrate(report)
        return status

    @property
    def _worker_owns_the_store(self) -> bool:
        return not self._settings.qdrant_url and running_stack(self._settings) is not None

    def _carry_out(
        self,
        kind: str,
        path: Path,
        on_event: Callable[[Event], None] = lambda _: None,
        validity: Mapping[str, str] | None = None,
    ) -> Report:
        _check_exists(path)
        job = NewJob(
            kind,
            self._tenant,
            {"path": str(path.resolve()), **({"validity": dict(validity)} if validity else {})},
            on_progress=lambda raw: on_event(Event.model_validate_json(raw)),
        )
        return Report.model_validate_json(carry_out(job, self._settings, self._console))

    def _calibrate(self, report: Report) -> None:
        """Calibrate an embedding model that has no calibration, or say how; once a session."""
        if not report.uncalibrated or self._has_calibrated:
            return
        self._has_calibrated = True
        later = ""
        if not self._worker_owns_the_store:
            options = {"recall": RECALL, "seconds": _CALIBRATION_SECONDS}
            try:
                result = calibrate_embedding(self._settings, self._console, options)
            except USER_ERRORS as error:  # the documents are in; this comes on top
                later = f"{error} "
            else:
                show_embedding(result, self._console)
                return
        self._console.print(
            f"The embedding model {report.uncalibrated} is not calibrated: the search weighs "
            "meaning and words as another model needs it, and the gate stops nothing. "
            f"{later}Run `{COMMAND}`.",
            style="bold yellow",
            highlight=False,
        )

    def _show(self, report: Report) -> int:
        show_report(report, Console(), as_json=self._as_json)
        return report.exit_code


def _check_exists(path: Path) -> None:
    if not path.exists():
        raise CommandError(f"{path} does not exist. Nothing was changed.")


def _check_validity(validity: Mapping[str, str], path: Path, *, alone: bool) -> None:
    """Whether this may be said of a path.

    Raises:
        CommandError: it may not; the message says why.
    """
    if path.is_dir() or not alone:
        raise CommandError(
            "--valid-from, --valid-until and --replaces are said of a single file, without "
            "--dry-run, --rebuild and --watch. Nothing was changed."
        )
    try:
        UNSAID.changed(validity)
    except ValidityError as error:
        raise CommandError(f"Nothing was changed: {error}.") from error
