from pathlib import Path

import pytest

from tests.unit.workers.evaluation.runs import MANY
from workers.evaluation.errors import RunError
from workers.evaluation.run import FORMAT, load_run


def test_a_run_is_read_back_and_anything_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(MANY.model_dump_json(), "utf-8")
    assert load_run(path) == MANY
    path.write_text(MANY.model_copy(update={"format": FORMAT + 1}).model_dump_json(), "utf-8")
    with pytest.raises(RunError, match="another version"):
        load_run(path)
    path.write_text("{}", "utf-8")
    with pytest.raises(RunError, match="holds no evaluation"):
        load_run(path)
    with pytest.raises(RunError, match="cannot be read"):
        load_run(tmp_path / "none.json")
