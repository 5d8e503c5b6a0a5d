"""Commands that the documents tell a reader to type: each must be right as it stands.

A check yields a complaint for each thing that is wrong, so that it can be shown a bad page as well.
"""

import importlib
import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

import yaml
from cyclopts import App, MissingArgumentError
from cyclopts.exceptions import CycloptsError

from atende import app as atende
from tests.documentation.calls import bad_call
from tests.documentation.pages import ROOT, commands, inline

#: Programs that are not ours: nothing of this repository can tell whether such a line is right.
_FOREIGN: Final = frozenset(
    {"pip", "pre-commit", "apt-get", "cp", "chmod", "gunicorn", "node", "."}
)


def bad_commands(text: str) -> Iterator[str]:
    """Of fenced blocks every line, of inline code what names a command, must be right."""
    for words in commands(text):
        yield from _bad(words)
    for code in inline(text):
        if code.split()[0] in _CHECKS:
            words = shlex.split(code)
            if len(words) > 1 and not _is_cut_short(words):
                yield from _bad(words)


def _is_cut_short(words: Sequence[str]) -> bool:
    """Whether it is a command of ours without its arguments, as prose may name it."""
    try:
        atende.parse_args(_after_atende(words), print_error=False, exit_on_error=False)
    except MissingArgumentError:
        return True
    except CycloptsError:
        pass
    return False


def _bad(words: Sequence[str]) -> Iterator[str]:
    program, *rest = words
    program = program.removeprefix(".venv/bin/")
    if program in _FOREIGN:
        return
    check = _CHECKS.get(program)
    line = " ".join(words)
    if check is None:
        yield f"{line}: nothing checks `{program}`"
        return
    yield from (f"{line}: {complaint}" for complaint in check(rest))


def _bad_atende(words: Sequence[str]) -> Iterator[str]:
    if not words:
        return
    try:
        atende.parse_args(list(words), print_error=False, exit_on_error=False)
    except CycloptsError as error:
        yield str(error)


def _bad_make(words: Sequence[str]) -> Iterator[str]:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    goals = [word for word in words if "=" not in word]
    yield from (f"make has no target {goal}" for goal in goals if goal not in targets)


def _bad_python(words: Sequence[str]) -> Iterator[str]:
    if words[:1] == ["-m"]:
        if len(words) < 2 or not _is_module(words[1]):
            yield "there is no such module"
    elif not (words and (ROOT / words[0]).is_file()):
        yield "there is no such file"


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _bad_celery(words: Sequence[str]) -> Iterator[str]:
    if words[:2] != ["-A", "workers.app"] or len(words) < 3:
        yield "a line begins with celery -A workers.app and says what to do"
        return
    importlib.import_module("workers.app").app.loader.import_default_modules()
    panel: Any = importlib.import_module("celery.worker.control").Panel
    if words[2] not in {"inspect", "control", "worker", "beat"}:
        yield f"nothing here needs celery {words[2]}"
    elif words[2] in {"inspect", "control"}:
        known = {name for name, info in panel.meta.items() if info.type == words[2]}
        if not known & {*words[3:4]}:
            yield f"no worker knows {' '.join(words[3:])}"


def _bad_docker(words: Sequence[str]) -> Iterator[str]:
    if words[:1] != ["compose"]:
        yield "only docker compose is used here"
        return
    named = [word for word in words[2:] if not word.startswith("-")]
    if not {"run", "exec"} & {*words[1:2]}:
        return
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    if not named or named[0] not in services:
        yield "there is no such service"
    elif named[1:]:
        yield from _bad(words[words.index(named[0]) + 1 :])


#: Options of curl that send a body.
_BODIES: Final = ("-d", "-F", "--data-binary")


def _bad_curl(words: Sequence[str]) -> Iterator[str]:
    takes = {"-X", "-H", *_BODIES}
    given: dict[str, list[str]] = {option: [] for option in takes}
    urls, rest = [], iter(words)
    for word in rest:
        if word in takes:
            given[word].append(next(rest, ""))
        elif not word.startswith("-"):
            urls.append(word)
    for body in given["-d"]:
        yield from _bad_json(body)
    has_body = any(given[option] for option in _BODIES)
    method = (given["-X"] or ["POST" if has_body else "GET"])[0]
    for url in urls:
        yield from bad_call(method, urlsplit(f"//{url}")._replace(scheme="", netloc="").geturl())


def _bad_json(text: str) -> Iterator[str]:
    try:
        json.loads(text)
    except ValueError as error:
        yield f"this is no JSON: {error}"


_CHECKS: Final[Mapping[str, Callable[[Sequence[str]], Iterator[str]]]] = {
    "atende": _bad_atende,
    "make": _bad_make,
    "python": _bad_python,
    "celery": _bad_celery,
    "docker": _bad_docker,
    "curl": _bad_curl,
}


def walk(app: App, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], App]]:
    """Each command below `app` with its words, groups of commands too."""
    for name in app:
        if not name.startswith("-"):
            yield (*before, name), app[name]
            yield from walk(app[name], (*before, name))


def undocumented(texts: Sequence[str], app: App) -> list[str]:
    """Commands of `app` that no text names."""
    lines = [
        _after_atende(words)
        for text in texts
        for words in [*commands(text), *(code.split() for code in inline(text))]
    ]
    return [
        " ".join(words)
        for words, sub in walk(app)
        if sub.default_command is not None
        and not any(line[: len(words)] == [*words] for line in lines)
    ]


def _after_atende(words: Sequence[str]) -> list[str]:
    """What follows `atende`; nothing where it is not called."""
    return [*words[words.index("atende") + 1 :]] if "atende" in words else []
