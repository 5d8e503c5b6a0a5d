"""One line of what `atende doctor` reports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        part: what was checked.
        good: whether it works.
        state: what the check saw.
        repair: what to do where it does not work.
    """

    part: str
    good: bool
    state: str
    repair: str = ""
