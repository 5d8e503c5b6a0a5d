"""The example block of Typebot, in a stand-in of it, against the real API and drain."""

import json
import re
from functools import reduce
from typing import Any

import httpx
import pytest

from tests.bot_bench import ROOT
from tests.integration.bots.conftest import Clinic

pytestmark = pytest.mark.integration
BLOCK = json.loads((ROOT / "examples" / "bots" / "typebot.json").read_text("utf-8"))["options"]


def run(clinic: Clinic, question: str, key: str | None = None) -> dict[str, Any]:
    """What Typebot does with the block: variables in, a request, variables out."""
    variables = {"Question": question, "Atende key": key or clinic.key}

    def fill(text: str, *, in_json: bool = False) -> str:
        def value(match: re.Match[str]) -> str:
            found = variables[match[1]]
            return json.dumps(found)[1:-1] if in_json else found

        return re.sub(r"\{\{(.+?)\}\}", value, text)

    asked = BLOCK["webhook"]
    reply = httpx.request(
        asked["method"],
        asked["url"].replace("http://localhost:8080", clinic.url),
        headers={each["key"]: fill(each["value"]) for each in asked["headers"]},
        content=fill(asked["body"], in_json=True),
        timeout=BLOCK["timeout"],
    )
    response = {"statusCode": reply.status_code, "data": reply.json()}
    return {
        each["variableId"]: at(response, each["bodyPath"])
        for each in BLOCK["responseVariableMapping"]
    }


def at(response: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    """What a path such as `data.choices[0].text` leads to; None where that is not there."""
    steps = [int(step) if step.isdecimal() else step for step in re.findall(r"\w+", path)]
    try:
        return reduce(lambda value, step: value[step], steps, response)
    except (KeyError, IndexError, TypeError):
        return None


def test_a_block_asks_and_fills_its_variables(clinic: Clinic) -> None:
    said = run(clinic, 'Qual o "preparo" da\ncolonoscopia?')
    assert said == {"Answer": "Faça jejum de 8 horas e beba água.", "Status": "answered"}
    assert run(clinic, "quero falar com um atendente")["Status"] == "needs_human"


def test_without_an_answer_the_variables_stay_empty(clinic: Clinic) -> None:
    assert run(clinic, "preparo da colonoscopia", "atd_x") == {"Answer": None, "Status": None}
