import pytest
from flask_openapi3.openapi import OpenAPI

from api import auth
from api.auth import UndeclaredRouteError
from api.server import create_app
from workers.contracts.api_keys import Scope


def app_with(view: object) -> OpenAPI:
    app = OpenAPI("test", doc_ui=False, static_folder=None)
    app.add_url_rule("/x", "x", view)  # type: ignore[arg-type]
    return app


def test_a_forgotten_route_fails_at_start_up() -> None:
    with pytest.raises(UndeclaredRouteError, match="'x' declares no scope"):
        auth.protect(app_with(lambda: "open by mistake"))


def test_declared_routes_start() -> None:
    auth.protect(app_with(auth.public(lambda: "")))
    auth.protect(app_with(auth.requires(Scope.ASK)(lambda: "")))


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "atd_x", "Digest a=b", "Bearer  "]
)
def test_without_a_bearer_key_redis_is_not_asked(header: str) -> None:
    client = create_app().test_client()  # nothing listens at its Redis URL
    response = client.get("/v1/questions/x", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="atende"'


def test_the_document_says_which_scope_each_route_needs() -> None:
    paths = create_app().api_doc["paths"]
    assert paths["/v1/questions"]["post"]["security"] == [{"key": ["ask"]}]
    assert paths["/v1/questions/{question_id}"]["delete"]["security"] == [{"key": ["ask"]}]
    assert paths["/metrics"]["get"]["security"] == [{"key": ["admin"]}]
    assert "security" not in paths["/healthz"]["get"]
