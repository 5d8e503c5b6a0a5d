"""vLLM engine arguments as a clinic sets them: checked, and made into what vLLM takes."""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from workers.engine.plan import check_names
from workers.engine.protocol import EngineStartError


def converted(given: Mapping[str, Any]) -> dict[str, Any]:
    """What `ATENDE_ENGINE_ARGS` holds, nested objects as vLLM's own configurations.

    Takes 10 s where nobody imported vLLM yet, and nothing else: no weights are read.

    Raises:
        EngineStartError: a name that vLLM does not have, or a value that it cannot take.
    """
    from vllm import AsyncEngineArgs  # noqa: PLC0415 (10 s to import)

    fields = {field.name: field for field in dataclasses.fields(AsyncEngineArgs)}
    check_names(given, list(fields))
    made, wrong = {}, []
    for name, value in given.items():
        try:
            made[name] = _converted(fields[name], value)
        except ValidationError as error:
            wrong += [_told(name, one["loc"], one["msg"]) for one in error.errors()]
    if wrong:
        raise EngineStartError(
            f"ATENDE_ENGINE_ARGS holds what vLLM cannot take: {'; '.join(wrong)}. "
            "Nothing was started."
        )
    return made


def reason(error: BaseException) -> str:
    """Why vLLM refused, without pydantic's listing of all that it was given."""
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(
        ": ".join(filter(None, (".".join(map(str, one["loc"])), one["msg"])))
        for one in error.errors()
    )


def _converted(field: "dataclasses.Field[Any]", value: object) -> object:
    """The value in the field's type. Where that type cannot be told, vLLM judges the value."""
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


def _told(name: str, place: tuple[int | str, ...], message: str) -> str:
    inner = [str(part) for part in place if isinstance(part, str) and part.isidentifier()]
    return f"{'.'.join((name, *inner))}: {message}"
