"""Every route is authenticated, but for the few that are open on purpose."""

from api import auth
from api.server import create_app
from workers.contracts.api_keys import Scope

OPEN = {
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/docs",
    "/docs/swagger",
    "/docs/swagger/<path:filename>",
    "/docs/oauth2-redirect.html",
    "/v1/channels/whatsapp",  # the signature is the key
}


def test_only_these_routes_are_open() -> None:
    app = create_app()
    found = {
        rule.rule for rule in app.url_map.iter_rules() if auth.scope_of(app, rule.endpoint) is None
    }
    assert found == OPEN


def test_every_other_route_refuses_who_has_no_key() -> None:
    app = create_app()
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if rule.rule in OPEN:
            continue
        path = rule.rule.replace("<question_id>", "a" * 32)
        path = path.replace("<conversation_id>", "a" * 32).replace("<backfill_id>", "a" * 32)
        path = path.replace("<path:document>", "exames/jejum.pdf").replace("<name>", "correio")
        path = path.replace("<model>", "atende")
        assert "<" not in path, f"give {path} an example here"
        for method in rule.methods or ():
            assert client.open(path, method=method).status_code == 401, (method, path)


def test_each_route_needs_the_scope_of_what_it_does() -> None:
    app = create_app()
    scopes = {
        rule.rule: auth.scope_of(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if rule.rule not in OPEN
    }
    assert scopes == {
        "/v1/questions": Scope.ASK,
        "/v1/questions/batch": Scope.ASK,
        "/v1/questions/<question_id>": Scope.ASK,
        "/v1/chat/completions": Scope.ASK,
        "/v1/models": Scope.ASK,
        "/v1/models/<model>": Scope.ASK,
        "/v1/callbacks": Scope.ASK,
        "/v1/callbacks/<question_id>/replay": Scope.ASK,
        "/v1/documents": Scope.INGEST,
        "/v1/documents/<path:document>": Scope.INGEST,
        "/v1/documents/<path:document>/retire": Scope.INGEST,
        "/v1/documents/<path:document>/restore": Scope.INGEST,
        "/v1/conversations": Scope.ATTEND,
        "/v1/conversations/<conversation_id>": Scope.ATTEND,
        "/v1/conversations/<conversation_id>/claim": Scope.ATTEND,
        "/v1/conversations/<conversation_id>/release": Scope.ATTEND,
        "/v1/conversations/<conversation_id>/reply": Scope.ATTEND,
        "/v1/conversations/<conversation_id>/close": Scope.ATTEND,
        "/v1/conversations/<conversation_id>/pause": Scope.ATTEND,
        "/v1/conversations/<conversation_id>/resume": Scope.ATTEND,
        "/v1/channels/email/<name>": Scope.ASK,
        "/v1/backfills": Scope.BACKFILL,
        "/v1/backfills/<backfill_id>": Scope.BACKFILL,
        "/v1/backfills/<backfill_id>/rows": Scope.BACKFILL,
        "/v1/backfills/<backfill_id>/seal": Scope.BACKFILL,
        "/v1/backfills/<backfill_id>/pause": Scope.BACKFILL,
        "/v1/backfills/<backfill_id>/resume": Scope.BACKFILL,
        "/v1/backfills/<backfill_id>/cancel": Scope.BACKFILL,
        "/v1/backfills/<backfill_id>/redo": Scope.BACKFILL,
        "/v1/backfills/<backfill_id>/results": Scope.BACKFILL,
        "/v1/backfills/<backfill_id>/report": Scope.BACKFILL,
        "/v1/backfills/<backfill_id>/pairs": Scope.BACKFILL,
        "/metrics": Scope.ADMIN,
    }
