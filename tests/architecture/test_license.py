"""The licence is whole, and ships with whatever is built."""

import hashlib
import shutil
import subprocess
import sys
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: SHA-256 of https://www.apache.org/licenses/LICENSE-2.0.txt, its appendix included.
APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
METADATA = "from setuptools import build_meta; build_meta.prepare_metadata_for_build_wheel('.')"


def test_the_licence_is_apache_2_word_for_word() -> None:
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2


def test_a_wheel_carries_the_licence(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE", "atende.py"):
        shutil.copy(ROOT / name, tmp_path)
    subprocess.run([sys.executable, "-c", METADATA], cwd=tmp_path, check=True, capture_output=True)
    (folder,) = tmp_path.glob("*.dist-info")
    metadata = Parser().parsestr((folder / "METADATA").read_text("utf-8"))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert (folder / "licenses" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_images_are_built_with_it() -> None:
    (line,) = (
        line
        for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines()
        if line.startswith("COPY pyproject.toml")
    )
    assert "LICENSE" in line.split()
