"""vLLM engine arguments as a clinic sets them: checked, and made into what vLLM takes."""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, cast

import structlog
from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from workers.engine.plan import check_argument_names
from workers.engine.protocol import EngineStartError, Tokenizer
from workers.engine.trial import chat_of
from workers.settings import WorkerSettings

_log = structlog.get_logger(__name__)


def vllm_arguments(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `ATENDE_ENGINE_ARGS` in vLLM's types; nested objects become its configurations.

    Takes 10 s where vLLM is not imported yet, to import it; no weights are read.

    Raises:
        EngineStartError: a name that vLLM does not have, or a value that it cannot take.
    """
    from vllm import AsyncEngineArgs  # noqa: PLC0415 (10 s to import)

    fields = {field.name: field for field in dataclasses.fields(AsyncEngineArgs)}
    check_argument_names(settings, list(fields))
    arguments, problems = {}, []
    for name, value in settings.items():
        try:
            arguments[name] = _typed(fields[name], value)
        except ValidationError as error:
            problems += [_problem(name, each["loc"], each["msg"]) for each in error.errors()]
    if problems:
        raise EngineStartError(
            f"ATENDE_ENGINE_ARGS holds what vLLM cannot take: {'; '.join(problems)}. "
            "Nothing was started."
        )
    return arguments


def with_chat(arguments: dict[str, Any], settings: WorkerSettings) -> dict[str, Any]:
    """The arguments with room for what the model thinks, where its chat template lets it.

    Tries the template with the tokenizer alone, so that minutes of loading are not spent on a model
    whose template cannot be used. What vLLM refuses is raised as it is.

    Raises:
        EngineStartError: the template cannot be used.
    """
    from vllm import AsyncEngineArgs  # noqa: PLC0415 (10 s to import)
    from vllm.config.reasoning import ReasoningConfig  # noqa: PLC0415
    from vllm.tokenizers import cached_tokenizer_from_config  # noqa: PLC0415

    config = AsyncEngineArgs(**arguments).create_model_config()
    chat = chat_of(cast("Tokenizer", cached_tokenizer_from_config(config)), settings)
    if chat is None:
        return arguments
    _log.info("engine.chat_template", usage=chat.usage)
    if not (chat.marks and chat.tokens):
        return arguments
    choices: dict[str, Any] = {"max_model_len": arguments["max_model_len"] + chat.tokens}
    if not arguments.keys() & {"reasoning_parser", "reasoning_config"}:
        choices["reasoning_config"] = ReasoningConfig(
            reasoning_start_str=chat.marks.opening, reasoning_end_str=chat.marks.closing
        )
    return arguments | choices


def reason_of(error: BaseException) -> str:
    """Why vLLM refused, without pydantic's list of all that it was given."""
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(
        ": ".join(filter(None, (".".join(map(str, each["loc"])), each["msg"])))
        for each in error.errors()
    )


def _typed(field: "dataclasses.Field[Any]", value: object) -> object:
    """The value in the field's type. Where that is unknown, vLLM judges the value."""
    from vllm.engine import arg_utils  # noqa: PLC0415

    if value is None:  # vLLM's own default, whatever the type says
        return None
    probe = type("Probe", (), {"__annotations__": {field.name: field.type}})
    try:
        kind = typing.get_type_hints(probe, vars(arg_utils))[field.name]
    except NameError:  # a type that vLLM imports for type checkers alone
        return value
    try:
        adapter: TypeAdapter[object] = TypeAdapter(
            kind, config=ConfigDict(arbitrary_types_allowed=True)
        )
    except PydanticUserError:  # the type brings a configuration of its own
        adapter = TypeAdapter(kind)
    return adapter.validate_python(value)


def _problem(name: str, location: tuple[int | str, ...], message: str) -> str:
    keys = [str(part) for part in location if isinstance(part, str) and part.isidentifier()]
    return f"{'.'.join((name, *keys))}: {message}"
