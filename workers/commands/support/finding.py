"""What `atende doctor` and `atende channels doctor` report."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from workers.commands.support.conversation_tables import printable


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        part: what was checked.
        good: whether it works.
        state: what the check saw.
        repair: what to do where it does not work, or soon will not.
    """

    part: str
    good: bool
    state: str
    repair: str = ""


def findings_table(findings: Iterable[Finding]) -> Table:
    """The report."""
    table = Table("part", "", "found", "what to do", header_style="bold")
    for finding in findings:
        mark = Text("ok", "green") if finding.good else Text("no", "red")
        # What servers wrote stands in them, too.
        texts = (Text(printable(text)) for text in (finding.state, finding.repair))
        table.add_row(Text(printable(finding.part)), mark, *texts)
    return table
