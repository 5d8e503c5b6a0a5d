"""The picture of a terminal shows what a command wrote, and fetches nothing."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
#: Writes a spinner as Rich does, takes it away, and then answers in colour.
SPINNER = r"printf '\033[?25lwaiting\r\033[2K\033[1A\033[2K\033[32mtudo certo\033[0m\n'"


def picture(target: Path, *commands: str) -> tuple[int, str]:
    """The script's status, and the words of what it drew."""
    script = [sys.executable, str(ROOT / "examples" / "screenshot.py"), str(target), *commands]
    done = subprocess.run(script, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.returncode, target.read_text("utf-8").replace("&#160;", " ")


def test_what_stays_on_the_screen_is_drawn_below_its_command(tmp_path: Path) -> None:
    status, drawn = picture(tmp_path / "a.svg", "echo 'até já'", SPINNER)
    assert status == 0
    assert drawn.index("$ echo") < drawn.index(">até já") < drawn.index(">tudo certo")
    assert ">waiting" not in drawn


def test_a_command_that_fails_is_told_by_the_status(tmp_path: Path) -> None:
    assert picture(tmp_path / "a.svg", "false", "true")[0] == 1


def test_the_pictures_in_the_documents_fetch_nothing() -> None:
    for path in (ROOT / "docs" / "images").glob("*.svg"):
        drawn = re.sub(r'xmlns(:\w+)?="[^"]*"', "", path.read_text("utf-8"))
        assert re.findall(r"https?://|@import|url\((?!#)", re.sub(r"<!--.*?-->", "", drawn)) == []
