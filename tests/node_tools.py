"""Node and packages of npm for tests; without them a test is skipped, and fails in CI."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def node() -> str:
    """The program, or the test is skipped with the reason."""
    program = shutil.which("node")
    if program is None:
        _miss("Node is not installed: apt-get install nodejs npm")
    return str(program)


def install(folder: Path, *packages: str) -> Path:
    """The folder with these packages of npm in it, or the test is skipped with the reason."""
    npm = shutil.which("npm")
    if npm is None:
        _miss("npm is not installed: apt-get install nodejs npm")
    done = subprocess.run(
        [
            str(npm),
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefer-offline",
            *packages,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    if done.returncode:
        _miss(f"npm could not install {' '.join(packages)}: {done.stderr[-300:]}")
    return folder


def run_node(script: Path, env: dict[str, str]) -> str:
    """What a script prints, once it has ended well."""
    done = subprocess.run(
        [node(), str(script)],
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _miss(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
