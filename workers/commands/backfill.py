"""`atende backfill`: old questions, answered into a file and never to a patient."""

import signal
import sys
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from workers.commands.support.backfill.options import Asking, Reading
from workers.commands.support.backfill.session import Session
from workers.commands.support.backfill.totals import INTERRUPTED
from workers.commands.support.errors import exit_on_error


@exit_on_error("atende backfill")
def backfill(
    source: str | None = None,
    /,
    asking: Annotated[Asking, Parameter(name="*")] | None = None,
    reading: Annotated[Reading, Parameter(name="*")] | None = None,
) -> None:
    """Answer old questions into a file; `atende backfill` has what users read of it.

    Args:
        source: a table (CSV, JSONL, XLSX), a chat exported from WhatsApp, an mbox, a folder of
            mails, or imaps://user@host/folder.
        asking: when and where to.
        reading: how the source is read.
    """
    asking, reading = asking or Asking(), reading or Reading()
    asking.check()
    console = Console(stderr=True)
    session = Session(lambda: reading.opened(source), asking, console)
    try:
        code = session.run()
    except KeyboardInterrupt:
        console.print("Stopped. Nothing was asked. Type the same line to begin again.")
        code = INTERRUPTED
    if code == INTERRUPTED:  # one Ctrl-C more, while Python ends, changes nothing
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)
