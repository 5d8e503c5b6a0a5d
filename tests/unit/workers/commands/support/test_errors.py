import pytest
from redis import ConnectionError as RedisConnectionError

from workers.commands.support.errors import CommandError, exit_on_error
from workers.evaluation.errors import RunError
from workers.jobs.errors import JobError
from workers.stack.errors import NotRunningError


@pytest.mark.parametrize(
    "error",
    [
        CommandError("It is [/b] so. Type that."),
        NotRunningError("It is [/b] so. Type that."),
        JobError("It is [/b] so. Type that."),
        RunError("It is [/b] so. Type that."),
    ],
)
def test_an_error_for_the_user_is_one_line_and_the_commands_exit_code(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end, exit_on_error("atende grow", 2):
        raise error
    assert end.value.code == 2
    assert capsys.readouterr().err == "atende grow: It is [/b] so. Type that.\n"


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (RedisConnectionError("Error 111"), "atende doctor"),
        (PermissionError(13, "Permission denied", "/data/x"), "/data/x: Permission denied"),
    ],
)
def test_errors_of_servers_and_files_say_what_is_kept_and_what_to_do(
    error: Exception, advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end, exit_on_error("atende grow"):
        raise error
    assert end.value.code == 1
    message = capsys.readouterr().err
    assert advice in message
    assert "What was written stays" in message


def test_a_bug_of_ours_shows_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), exit_on_error("atende grow"):
        raise ZeroDivisionError
