"""What the documents tell a reader to type works, and what they name is there."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App
from standardwebhooks import Webhook, WebhookVerificationError

from atende import app
from benchmarks.__main__ import SCRIPTS
from tests.documentation.calls import bad_calls
from tests.documentation.named import bad_files, bad_links, bad_settings, bad_tests
from tests.documentation.pages import ROOT, blocks, pages
from tests.documentation.typed import bad_commands, undocumented

PAGES = pages()
#: Bytes that a newcomer reads.
README_LIMIT = 12 * 1024
#: Its first words say whom a page is for.
READER = re.compile(r"\A# .+\n\nFor \w")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=name_of)
#: A changelog also names what is gone.
PAGES_OF_TODAY = pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=name_of
)


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


# -- every page ---------------------------------------------------------------------------------


@PAGES_OF_TODAY
def test_every_command_can_be_typed_as_it_stands(page: Path) -> None:
    assert [*bad_commands(page.read_text("utf-8"))] == []


@PAGES_OF_TODAY
def test_every_call_is_one_that_the_api_takes(page: Path) -> None:
    assert [*bad_calls(page.read_text("utf-8"))] == []


@PAGES_OF_TODAY
def test_every_setting_is_read_by_somebody(page: Path) -> None:
    assert [*bad_settings(page.read_text("utf-8"))] == []


@EVERY_PAGE
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert [*bad_links(page.read_text("utf-8"), page)] == []


@PAGES_OF_TODAY
def test_every_file_that_is_named_is_there(page: Path) -> None:
    assert [*bad_files(page.read_text("utf-8"))] == []


@PAGES_OF_TODAY
def test_every_test_that_is_named_is_there(page: Path) -> None:
    assert [*bad_tests(page.read_text("utf-8"))] == []


@EVERY_PAGE
def test_every_example_in_json_can_be_read(page: Path) -> None:
    for block in blocks(page.read_text("utf-8"), "json"):
        json.loads(block)


@pytest.mark.parametrize(
    ("check", "bad", "complaint"),
    [
        (bad_commands, "```sh\natende aks x\n```", "Unknown command"),
        (bad_commands, "```sh\natende ask\n```", "requires an argument"),
        (bad_commands, "```sh\natende ingest x --recursive\n```", "Unknown option"),
        (bad_commands, "```bash\nmake dmeo\n```", "no target dmeo"),
        (bad_commands, "```sh\nmake setup && atende upp\n```", "Unknown command"),
        (bad_commands, "```sh\npython -m benchmarks.speed\n```", "no such module"),
        (bad_commands, "```sh\npython examples/dmeo.py\n```", "no such file"),
        (
            bad_commands,
            "```sh\ncelery -A workers.application beat\n```",
            "workers.app",
        ),
        (bad_commands, "```sh\ncelery -A workers.app inspect drian\n```", "drian"),
        (bad_commands, "```sh\ndocker compose exec web atende up\n```", "service"),
        (bad_commands, "```sh\ndocker compose exec api atende upp\n```", "Unknown"),
        (bad_commands, "```sh\ncurl localhost:8080/v1/question\n```", "has no GET"),
        (bad_commands, "```sh\ncurl -X PUT localhost:8080/v1/questions\n```", "PUT"),
        (bad_commands, "```sh\ncurl localhost/v1/questions -d '{a}'\n```", "no JSON"),
        (bad_commands, "```sh\ncurl 'localhost/v1/documents?sate=x'\n```", "sate"),
        (bad_commands, "```console\n$ atende aks\n```", "Unknown command"),
        (bad_commands, "```sh\nredis-cli flushall\n```", "nothing checks"),
        (bad_commands, "Run `atende drain puase`.", "Unknown command"),
        (bad_commands, "Run `python -m benchmarks.speed`.", "no such module"),
        (bad_calls, "`GET /v1/question`", "has no GET"),
        (bad_calls, "`PATCH /v1/questions/{id}`", "has no PATCH"),
        (bad_calls, "`GET /v1/questions/{id}?wiat=30`", "wiat"),
        (bad_settings, "Set `ATENDE_MODLE`.", "ATENDE_MODLE"),
        (bad_files, "See `workers/drian.py`.", "not there"),
        (bad_files, "See `workers/contracts/lua/*.txt`.", "not there"),
        (bad_tests, "See `test_inbox.py::test_nothing`.", "is no test"),
        (bad_tests, "See `test_nothing.py`.", "is no test"),
    ],
)
def test_a_wrong_example_is_noticed(
    check: Callable[[str], Iterator[str]], bad: str, complaint: str
) -> None:
    (said,) = check(bad)
    assert complaint in said


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [("[a](nowhere.md)", "nowhere"), ("[a](#nothing)", "heading"), ("![a](docs/x.svg)", "nowhere")],
)
def test_a_wrong_link_is_noticed(bad: str, complaint: str) -> None:
    (said,) = bad_links(f"# Page\n\n{bad}", ROOT / "README.md")
    assert complaint in said


def test_what_is_right_is_let_through() -> None:
    good = """# A page: *two* words & more

[here](#a-page-two-words--more)

```sh
. .venv/bin/activate && atende ask "a; b"   # a comment
curl -s "localhost:8080/v1/questions/$ID?wait=30" -H "Authorization: Bearer $KEY"
```

`atende documents show`, `GET /v1/documents/{id or name}`, `api/`, `ATENDE_PORT`,
`test_documentation.py`, `test_documentation.py::test_what_is_right_is_let_through`
"""
    checks = (
        bad_commands,
        bad_calls,
        bad_settings,
        bad_files,
        bad_tests,
    )
    assert [said for check in checks for said in check(good)] == []
    assert [*bad_links(good, ROOT / "README.md")] == []


# -- the whole ----------------------------------------------------------------------------------


def test_every_command_is_documented() -> None:
    assert undocumented([page.read_text("utf-8") for page in PAGES], app) == []


def test_a_command_that_no_page_names_is_noticed() -> None:
    small = App(name="atende")
    small.command(lambda: None, name="grow")
    assert undocumented(["`atende go`"], small) == ["grow"]
    assert undocumented(["```sh\natende grow --fast\n```"], small) == []


def test_the_readme_is_short_and_the_warning_stands_before_the_first_command() -> None:
    for name, warning in (
        ("README.md", "must not advise patients"),
        ("README.pt-BR.md", "não deve orientar pacientes"),
    ):
        readme = text(name)
        assert len(readme.encode()) <= README_LIMIT
        assert readme.index(warning) < readme.index("```sh")


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.name[:6] != "README" or "docs" in page.parts],
    ids=name_of,
)
def test_a_page_says_whom_it_is_for(page: Path) -> None:
    assert READER.match(page.read_text("utf-8")), page.name


def test_decisions_are_numbered_listed_and_few() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(name[:4]) for name in names] == [*range(1, len(names) + 1)]
    assert len(names) <= 14
    listed = re.findall(r"\]\((\d{4}-[^)]+)\)", text("docs/decisions/README.md"))
    assert listed == names


def test_the_figures_name_every_script_that_make_bench_runs() -> None:
    figures = text("docs/figures.md")
    assert [words for words in SCRIPTS if f"-m benchmarks.{' '.join(words)}" not in figures] == [
        ("plots",)  # it draws what the others measured
    ]


def test_what_make_test_leaves_out_is_run_by_make_drill_and_both_by_the_checks() -> None:
    makefile = text("Makefile")
    assert '-m "not drill"' in makefile.split("\ntest:")[1].split("\n\n")[0]
    assert "-m drill" in makefile.split("\ndrill:")[1].split("\n\n")[0]
    assert re.findall(r"^make (\w+)$", text(".ci/run"), re.MULTILINE) == ["test", "drill"]


def test_pre_commit_runs_what_make_installed() -> None:
    hooks = text(".pre-commit-config.yaml")
    entries = re.findall(r"entry: (\S+)", hooks)
    linted = set(
        re.findall(r"\$\(BIN\)/(\S+)", text("Makefile").split("\nlint:")[1].split("\n\n")[0])
    )
    assert {entry.removeprefix(".venv/bin/") for entry in entries} == linted
    assert "rev:" not in hooks  # the versions are those of pyproject.toml


# -- the guide for bots ---------------------------------------------------------------------------


SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSBjbGluaWM="
BODY = '{"type":"question.answered","data":{"text":"Não há."}}'


def snippets() -> dict[str, Any]:
    """What the guide's code defines."""
    names: dict[str, Any] = {}
    for block in blocks(text("docs/connect-http.md"), "python"):
        exec(block, names)  # noqa: S102 - our own page
    return names


def signed(sent_at: datetime) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", sent_at, BODY),
    }


def test_the_guide_s_code_takes_a_signed_callback() -> None:
    headers, code = signed(datetime.now(UTC)), snippets()
    assert code["is_signed"](SECRET, headers, BODY.encode())
    assert code["verified"](SECRET, headers, BODY.encode()) == json.loads(BODY)
    several = headers | {"webhook-signature": f"v1,AAAA {headers['webhook-signature']}"}
    assert code["is_signed"](SECRET, several, BODY.encode())


@pytest.mark.parametrize(
    ("minutes", "body"), [(0, BODY.replace("Não", "Sim")), (-6, BODY), (6, BODY)]
)
def test_the_guide_s_code_refuses_a_forged_and_an_old_callback(minutes: int, body: str) -> None:
    headers = signed(datetime.now(UTC) + timedelta(minutes=minutes))
    code = snippets()
    assert not code["is_signed"](SECRET, headers, body.encode())
    with pytest.raises(WebhookVerificationError):
        code["verified"](SECRET, headers, body.encode())


def problems() -> Iterator[tuple[int, str]]:
    """Status and type of each error that the API's source raises."""
    for path in (ROOT / "api").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="ProblemError"),
                    args=[ast.Constant(value=int(status)), ast.Constant(value=str(slug)), *_],
                ):
                    yield status, slug


def test_the_guide_lists_every_error_and_no_other() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (.*?) \|", text("docs/connect-http.md"), re.MULTILINE)
    listed = {
        (int(status), slug) for status, row in rows for slug in re.findall(r"`([\w-]+)`", row)
    }
    assert listed == set(problems())
