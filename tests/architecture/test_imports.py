"""The import contracts bite: a module that nobody has listed is forbidden, too."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
API = "the API knows the workers by their contracts alone"
FLOORS = "the floors of the workers: a new module needs a door"
CONTRACTS = "the contracts know nothing but each other"


def lint(folder: Path) -> str:
    """What import-linter says of the project in `folder`."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=folder, env={}, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the packages and of the contracts, with a new module in each."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in ("api", "workers", "ingestion"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        (tmp_path / name / "new.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        ("api/new.py", "workers.new", API),
        ("api/new.py", "workers.drain.settling", API),
        ("api/new.py", "workers.stack.stack", API),
        ("api/new.py", "ingestion.new", API),
        ("workers/contracts/keys.py", "workers.new", CONTRACTS),
        ("workers/contracts/keys.py", "ingestion.new", CONTRACTS),
    ],
)
def test_what_is_not_shared_may_not_be_imported(
    project: Path, importer: str, imported: str, contract: str
) -> None:
    assert f"{contract} KEPT" in lint(project)
    with (project / importer).open("a", encoding="utf-8") as source:
        source.write(f"import {imported}\n")
    assert f"{contract} BROKEN" in lint(project)


def test_a_new_contract_may_be_imported(project: Path) -> None:
    (project / "workers" / "contracts" / "new.py").touch()
    (project / "api" / "new.py").write_text("import workers.contracts.new\n", "utf-8")
    assert f"{API} KEPT" in lint(project)


def test_a_new_module_of_the_workers_needs_a_door(project: Path) -> None:
    assert f"{FLOORS} BROKEN" in lint(project)
    (project / "workers" / "new.py").unlink()
    assert f"{FLOORS} KEPT" in lint(project)
