"""Unit tests mirror the source: who knows one finds the other."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "tests" / "unit"


def source_of(test: Path) -> Path | None:
    """The file or folder that a unit test is named after; None where there is none."""
    place = test.relative_to(UNIT).parent
    name = test.stem.removeprefix("test_")
    sources = (ROOT / place / f"{name}.py", ROOT / place / name, ROOT / place.parent / name)
    return next((source for source in sources if source.exists()), None)


@pytest.mark.parametrize(
    "test", sorted(UNIT.rglob("test_*.py")), ids=lambda path: str(path.relative_to(UNIT))
)
def test_a_unit_test_lies_where_its_source_lies(test: Path) -> None:
    assert source_of(test) is not None


def test_one_that_lies_elsewhere_is_noticed() -> None:
    assert source_of(UNIT / "workers" / "test_slots.py") is None
