"""Until when Meta serves each version of the Graph API.

From Meta's changelog, as it stood on 26 November 2026. A version that is called after its end is
answered as the oldest one that is left: what was tried with it may then fail.
"""

from datetime import date, timedelta
from typing import Final

from workers.commands.support.finding import Finding

#: Days before the end at which there is time enough to change the version.
_WARNING: Final = timedelta(days=90)
ENDS: Final = {
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
}
#: Newest one that is known here; its end is not announced yet.
NEWEST: Final = "v26.0"


def version_finding(version: str, today: date) -> Finding:
    """Whether a version is served, and for how long."""
    part = "graph version"
    end = ENDS.get(version)
    if end is None:
        return _unlisted(part, version)
    repair = f"Set `graph_version` in the channel's file to a later one ({NEWEST} at most)."
    if today >= end:
        return Finding(part, good=False, state=f"{version} ended on {end}", repair=repair)
    if today >= end - _WARNING:
        state = f"{version} ends on {end}, in {(end - today).days} days"
        return Finding(part, good=True, state=state, repair=repair)
    return Finding(part, good=True, state=f"{version}, served until {end}")


def _unlisted(part: str, version: str) -> Finding:
    number = float(version.removeprefix("v"))
    if number < min(float(known.removeprefix("v")) for known in ENDS):
        repair = f"Set `graph_version` in the channel's file to {NEWEST}."
        return Finding(part, good=False, state=f"{version} ended long ago", repair=repair)
    if version == NEWEST:
        return Finding(part, good=True, state=f"{version}, its end is not announced")
    state = f"{version} is not known here; {NEWEST} was the newest on 26 November 2026"
    return Finding(part, good=True, state=state, repair="See Meta's changelog for its end.")
