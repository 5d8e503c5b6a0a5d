"""An app on the test's Valkey, and keys of two clinics."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI
from redis import Redis

from api.server import create_app
from api.settings import ApiSettings
from workers.contracts.api_keys import ApiKeys, Scope

CLINIC, OTHER = "clinica", "outra"


@dataclass(frozen=True)
class Keys:
    """Headers that carry a key each."""

    ask: dict[str, str]
    other: dict[str, str]
    ingest: dict[str, str]
    admin: dict[str, str]


@pytest.fixture
def keys(redis: Redis) -> Keys:
    store = ApiKeys(redis)

    def header(tenant: str, scope: Scope) -> dict[str, str]:
        key = store.create(tenant, frozenset({scope}), "test")
        return {"Authorization": f"Bearer {key}"}

    return Keys(
        ask=header(CLINIC, Scope.ASK),
        other=header(OTHER, Scope.ASK),
        ingest=header(CLINIC, Scope.INGEST),
        admin=header(CLINIC, Scope.ADMIN),
    )


@pytest.fixture
def make_app(redis: Redis) -> Iterator[Callable[..., OpenAPI]]:
    """Makes apps with other settings; their connections are closed at the end."""
    redis.ping()
    apps: list[OpenAPI] = []

    def make(**settings: object) -> OpenAPI:
        app = create_app(ApiSettings.model_validate(ApiSettings().model_dump() | settings))
        apps.append(app)
        return app

    yield make
    for app in apps:
        app.extensions["atende"].redis.close()


@pytest.fixture
def app(make_app: Callable[..., OpenAPI]) -> OpenAPI:
    return make_app()


@pytest.fixture
def client(app: OpenAPI) -> FlaskClient:
    return app.test_client()
