"""The alerts that Prometheus is given name metrics that are there."""

import re
from itertools import chain
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from workers.monitor.meters import Meters

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "operate.md"
#: The queue's and HTTP's, as their sources spell them.
SOURCES = tuple(
    ROOT / "api" / name for name in ("metrics.py", "drain_metrics.py", "channel_metrics.py")
)
METRIC = re.compile(r"\batende_[a-z_]+")


def rules() -> list[dict[str, Any]]:
    loaded: Any = yaml.safe_load((ROOT / "examples" / "alerts.yml").read_text("utf-8"))
    return [rule for group in loaded["groups"] for rule in group["rules"]]


def exported() -> set[str]:
    own = {
        family.name + suffix
        for family in Meters().snapshot()
        for suffix in {suffix for suffix, _, _ in family.samples} or {""}
    }
    spelled = chain.from_iterable(METRIC.findall(path.read_text("utf-8")) for path in SOURCES)
    counters = re.findall(r'^    "([a-z_]+)": \(', SOURCES[0].read_text("utf-8"), re.MULTILINE)
    return own | {*spelled, *(f"atende_{name}_total" for name in counters)}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_can_be_read_and_its_metrics_are_exported(rule: dict[str, Any]) -> None:
    promql_parser.parse(rule["expr"])
    named = {
        re.sub(r"(?<=seconds)_(bucket|count|sum)$", "", name)
        for name in METRIC.findall(rule["expr"])
    }
    known = {re.sub(r"(?<=seconds)_(bucket|count|sum)$", "", name) for name in exported()}
    assert named <= known
    assert rule["annotations"]["summary"].endswith(".")


def row(rule: dict[str, Any]) -> str:
    """An alert's row in the guide for operators."""
    lasts = f" for {rule['for']}" if "for" in rule else ""
    return f"| `{rule['alert']}` | `{' '.join(rule['expr'].split())}`{lasts} |"


def test_the_guide_s_table_is_that_of_the_rules() -> None:
    shown = re.findall(r"^\| `Atende\w+` \|.*$", GUIDE.read_text("utf-8"), re.MULTILINE)
    assert shown == [row(rule) for rule in rules()]


def test_the_documents_name_only_metrics_that_are_exported() -> None:
    known = {re.sub(r"_(bucket|count|sum)$", "", name) for name in exported()}
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        named = set(re.findall(r"`(atende_[a-z_]+)`", page.read_text("utf-8")))
        assert named <= known, page.name
