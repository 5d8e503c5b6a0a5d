"""The drill's sources hold what they say, whatever reads them."""

from pathlib import Path

import pytest

from benchmarks.backfill_sources import KINDS, texts
from workers.channels.backfill.sources.source import LeftOut, SourceOptions, open_source


def test_the_texts_are_of_every_sort() -> None:
    written = list(texts(100))
    assert "" in written
    assert max(map(len, written)) > 4_000
    assert len(set(written)) < len(written)
    assert any("\n" in text for text in written)


@pytest.mark.parametrize("kind", KINDS)
def test_each_source_is_told_by_its_content_and_nothing_of_it_is_missing(
    kind: str, tmp_path: Path
) -> None:
    write, words = KINDS[kind]
    path = write(tmp_path, 100)
    source = open_source(str(path), SourceOptions(clinic=words[1:2]))
    assert source.kind == kind
    items = list(source.rows())
    rows = [item for item in items if not isinstance(item, LeftOut)]
    assert sum(row.fault is None for row in rows) >= 94
    assert {row.fault for row in rows} >= {None, "too_long"}
