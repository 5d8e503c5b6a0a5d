import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from examples.build_documents import BUILDERS, CLINICS, EXAMPLES


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which all documents are built once more."""
    folder = tmp_path_factory.mktemp("examples")
    command = [sys.executable, "-m", "examples.build_documents", "--output", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=EXAMPLES.parent)
    return folder


def _content(path: Path) -> object:
    """What must not change: a PDF's bytes; a ZIP's members, since zlib versions pack unlike."""
    if path.suffix == ".pdf":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return [(entry.filename, archive.read(entry)) for entry in archive.infolist()]


@pytest.mark.parametrize("clinic", [clinic.folder for clinic in CLINICS])
def test_a_rebuild_gives_the_committed_documents(rebuilt: Path, clinic: str) -> None:
    committed = EXAMPLES / clinic / "documentos"
    built = sorted((rebuilt / clinic / "documentos").iterdir())

    assert [path.name for path in built] == sorted(
        path.name for path in committed.iterdir() if path.suffix in BUILDERS
    )
    assert [p.name for p in built if _content(p) != _content(committed / p.name)] == []
