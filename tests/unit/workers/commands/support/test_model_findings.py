"""What `atende doctor` says of a model before any worker starts."""

import json
from pathlib import Path
from typing import cast

import pytest
from transformers import PreTrainedTokenizerFast

from tests.chat_templates.families import tokenizer_of
from workers.commands.support.finding import Finding
from workers.commands.support.model_findings import model_findings
from workers.settings import WorkerSettings


def model(folder: Path, family: str | None) -> WorkerSettings:
    """Settings of a model with the tokenizer of a family, or with none."""
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}), encoding="utf-8")
    if family:
        cast("PreTrainedTokenizerFast", tokenizer_of(family)).save_pretrained(folder)
    return WorkerSettings(model=str(folder))


def template(settings: WorkerSettings) -> Finding:
    return next(each for each in model_findings(settings) if each.part == "template")


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("qwen3", "enable_thinking=False"),
        ("gemma-2", "system text: before the user's text"),
        ("llama-3.1", "system text: a message of its own"),
    ],
)
def test_the_way_a_chat_template_is_used_is_told(tmp_path: Path, family: str, words: str) -> None:
    finding = template(model(tmp_path, family))
    assert finding.good
    assert words in finding.state


def test_a_template_that_no_worker_can_use_is_told_with_what_to_do(tmp_path: Path) -> None:
    finding = template(model(tmp_path, "unusable"))
    assert not finding.good
    assert "ATENDE_PROMPT_STYLE=completion" in finding.repair


def test_a_model_whose_tokenizer_is_not_here_yet_is_no_failure(tmp_path: Path) -> None:
    finding = template(model(tmp_path, None))
    assert finding.good
    assert "a worker tries it at its start" in finding.state


def test_a_model_that_is_not_there_has_no_template(tmp_path: Path) -> None:
    (finding,) = model_findings(WorkerSettings(model=str(tmp_path / "none")))
    assert finding.part == "model"
    assert not finding.good
