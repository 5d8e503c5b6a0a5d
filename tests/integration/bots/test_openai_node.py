"""OpenAI's own JavaScript client against the real API and a real drain."""

import json
import shutil
from pathlib import Path

import pytest

from tests.integration.bots.conftest import Clinic
from tests.node_tools import install, run_node

pytestmark = pytest.mark.integration
SCRIPT = Path(__file__).with_name("openai_client.mjs")


def test_the_javascript_client_reads_answers_streams_and_errors(
    clinic: Clinic, impatient: Clinic, tmp_path: Path
) -> None:
    folder = install(tmp_path, "openai@7.59.0")
    script = Path(shutil.copy(SCRIPT, folder))
    env = {"ATENDE_URL": clinic.url, "ATENDE_API_KEY": clinic.key, "IMPATIENT_URL": impatient.url}
    out = run_node(script, env)
    seen = json.loads(out)
    text = seen["completion"]["choices"][0]["message"]["content"]
    assert "jejum de 8 horas" in text
    assert seen["completion"]["atende"]["citations"][0]["document"] == "colonoscopia.md"
    assert seen["deltas"] == [text, None, None]
    assert seen["streamed"]["status"] == "answered"
    assert seen["usage"]["total_tokens"] >= 0
    assert seen["whole"]["choices"][0]["message"]["content"] == text
    assert seen["models"] == ["atende"]
    assert seen["refusals"] == [
        ["BadRequestError", 400, "invalid-fields", "n"],
        ["NotFoundError", 404, "model_not_found", None],
        ["InternalServerError", 504, "answer-late", None],
    ]
