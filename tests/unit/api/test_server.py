import json
import subprocess
import sys

import pytest
from flask.testing import FlaskClient

from api.problems import MEDIA_TYPE
from api.server import create_app


@pytest.fixture
def client() -> FlaskClient:
    return create_app().test_client()


def test_the_api_loads_no_model_and_no_vectors() -> None:
    code = (
        "import sys, time; begun = time.perf_counter(); import api.server; "
        "api.server.create_app(); took = time.perf_counter() - begun; import json; "
        "print(json.dumps([took, sorted(sys.modules)]))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    _, modules = json.loads(run.stdout)
    roots = {name.split(".")[0] for name in modules}
    assert not roots & {"torch", "vllm", "qdrant_client", "qdrant_edge", "ingestion", "celery"}
    ours = {name for name in modules if name.startswith("workers.")}
    assert all(name.startswith("workers.contracts") for name in ours), ours


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/v1/questions/%00%ff/x", 404),
        ("PUT", "/v1/questions", 405),
        ("POST", "/healthz", 405),
    ],
)
def test_what_the_router_refuses_is_a_problem(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    response = client.open(path, method=method)
    assert response.status_code == status
    assert response.content_type == MEDIA_TYPE
    assert response.json is not None
    assert response.json["status"] == status
    assert {"type", "title", "detail", "instance", "request_id"} <= set(response.json)
    assert ("Allow" in response.headers) == (status == 405)


def test_liveness_needs_neither_key_nor_redis(client: FlaskClient) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "alive"})
    assert response.headers["Cache-Control"] == "no-store"


def test_the_docs_load_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/docs", follow_redirects=True)
    assert page.status_code == 200
    assert "://" not in page.text.replace("http://www.w3.org", "")
    assert "validatorUrl" in page.text
    for name in ("js/swagger-ui-bundle.js", "css/swagger-ui.css"):
        with client.get(f"/docs/swagger/{name}") as part:
            assert part.status_code == 200


def test_every_operation_documents_its_errors_in_its_form(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    assert document is not None
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            errors = {k: v for k, v in operation["responses"].items() if k >= "400"}
            assert errors
            # Chat completions answer in OpenAI's form, all others with problems.
            form = "application/json" if operation["tags"] == ["chat completions"] else MEDIA_TYPE
            assert all(list(error["content"]) == [form] for error in errors.values())
    assert {"401", "415", "429"} <= set(document["paths"]["/v1/questions"]["post"]["responses"])
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
