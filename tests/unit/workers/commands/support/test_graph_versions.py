"""Versions of the Graph API and their ends."""

from datetime import date

import pytest

from workers.commands.support.graph_versions import ENDS, version_finding

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("version", "good", "state", "has_repair"),
    [
        ("v25.0", True, "served until 2028-07-29", False),
        ("v26.0", True, "not announced", False),
        ("v21.0", True, "ends on 2027-01-21, in 55 days", True),
        ("v20.0", False, "ended on 2026-09-24", True),
        ("v12.0", False, "ended long ago", True),
        ("v31.0", True, "not known here", True),
    ],
)
def test_a_version_s_end_is_seen_before_it_comes(
    *, version: str, good: bool, state: str, has_repair: bool
) -> None:
    finding = version_finding(version, TODAY)
    assert finding.good is good
    assert state in finding.state
    assert bool(finding.repair) is has_repair


def test_the_warning_begins_90_days_before_the_end() -> None:
    end = ENDS["v21.0"].toordinal()
    assert not version_finding("v21.0", date.fromordinal(end - 91)).repair
    assert version_finding("v21.0", date.fromordinal(end - 90)).repair
    assert not version_finding("v21.0", date.fromordinal(end)).good
