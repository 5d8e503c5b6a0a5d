"""The app keeps what its own OpenAPI document promises."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask_openapi3.openapi import OpenAPI
from hypothesis import given, settings
from redis import Redis
from schemathesis.openapi import from_wsgi
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from api.server import create_app
from tests.integration.api.conftest import Keys
from workers.contracts import keys as names
from workers.contracts.drains import DrainReport

pytestmark = pytest.mark.integration
schemathesis.serializer.alias("message/rfc822", "application/octet-stream")
OPERATIONS = [
    (path, method.upper())
    for path, operations in create_app().api_doc["paths"].items()
    for method in operations
]
LEFT_OUT = [
    positive_data_acceptance,  # what a callback URL may be depends on settings: no schema says it
    unsupported_method,  # HEAD and OPTIONS, which Flask adds
]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_one_that_is_documented(
    make_app: Callable[..., OpenAPI], keys: Keys, redis: Redis, path: str, method: str
) -> None:
    drain = DrainReport(worker="w1", at=time.time(), model="m", slots=1, in_flight=0)
    redis.hset(names.DRAINS, drain.worker, drain.model_dump_json())  # so that /readyz is ready
    app = make_app(max_wait_seconds=0, chat_wait_seconds=0, access_log=False)
    operation = from_wsgi("/openapi.json", app)[path][method]

    @settings(max_examples=25, deadline=None)
    @given(case=operation.as_strategy())
    def keeps_its_promise(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=keys.admin, excluded_checks=LEFT_OUT)

    keeps_its_promise()
