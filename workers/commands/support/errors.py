"""What a user is told when a command cannot do its work, and how the command ends.

Every package has one root of its errors; their messages say what happened, what is kept, and what
to do. This is the one list of them:

CommandError              what was typed cannot be done
workers.contracts         ContractError, ResultFileError
workers.stack             StackError
workers.jobs              JobError
workers.evaluation        EvaluationError
workers.channels.backfill SourceError, ReportError
workers.engine            ModelError
ingestion.knowledge       KnowledgeError
redis, the system         RedisError, OSError

Any other error is a bug of ours, and shows its traceback.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from redis import RedisError
from rich.console import Console
from rich.text import Text

from ingestion.knowledge.errors import KnowledgeError
from workers.channels.backfill.report.errors import ReportError
from workers.channels.backfill.sources.source import SourceError
from workers.contracts.errors import ContractError
from workers.contracts.result_files import ResultFileError
from workers.engine.model import ModelError
from workers.evaluation.errors import EvaluationError
from workers.jobs.errors import JobError
from workers.stack.errors import StackError

#: Exit code of a command that could not do its work.
FAILED = 1


class CommandError(Exception):
    """What was typed cannot be done. The message says why, and what to type instead."""


USER_ERRORS = (
    CommandError,
    ContractError,
    ResultFileError,
    StackError,
    JobError,
    EvaluationError,
    SourceError,
    ReportError,
    ModelError,
    KnowledgeError,
    RedisError,
    OSError,
)


@contextmanager
def exit_on_error(command: str, code: int = FAILED) -> Iterator[None]:
    """Tell the user of an error, and end the command.

    Args:
        command: as it is typed; the line begins with it.
        code: the exit code.

    Raises:
        SystemExit: there was an error of `USER_ERRORS`.
    """
    try:
        yield
    except USER_ERRORS as error:
        console = Console(stderr=True)
        line = Text(f"{command}: ", "red").append(message_of(error), "default")
        console.print(line, highlight=False, soft_wrap=not console.is_terminal)
        sys.exit(code)


def message_of(error: BaseException) -> str:
    """What the user is told of an error."""
    if isinstance(error, RedisError):
        return (
            f"The queue does not answer ({type(error).__name__}: {error}). What was written "
            "stays. `atende doctor` checks the queue; then try again."
        )
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}. What was written stays."
    return str(error)
