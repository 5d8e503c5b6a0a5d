"""Engine arguments as vLLM itself judges them, without loading a model's weights."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from workers.commands.doctor import examine
from workers.engine.arguments import vllm_arguments
from workers.engine.model import ModelError, model_source
from workers.engine.protocol import EngineStartError
from workers.stack.settings import LocalSettings

pytestmark = [
    pytest.mark.model,  # imports vLLM: 10 s
    pytest.mark.filterwarnings("ignore"),  # vLLM and torch use what they themselves deprecate
]

GUIDE = Path(__file__).parents[4] / "docs" / "operate.md"


def examples() -> list[str]:
    """Every `ATENDE_ENGINE_ARGS='…'` of the guide for operators."""
    return re.findall(r"`ATENDE_ENGINE_ARGS='(\{.*?\})'`", GUIDE.read_text(encoding="utf-8"))


def test_the_guide_shows_the_common_ones() -> None:
    names = {name for example in examples() for name in json.loads(example)}
    assert {"quantization", "tensor_parallel_size", "speculative_config"} <= names


@pytest.mark.parametrize("example", examples())
def test_what_the_guide_shows_is_what_vllm_takes(example: str) -> None:
    from vllm import AsyncEngineArgs  # noqa: PLC0415

    arguments = json.loads(example)
    AsyncEngineArgs(model="somebody/model", **vllm_arguments(arguments))


def test_nested_objects_become_vllms_own() -> None:
    from vllm.config import CompilationConfig, StructuredOutputsConfig  # noqa: PLC0415

    arguments = vllm_arguments(
        {
            "compilation_config": {"cudagraph_capture_sizes": [1, 2]},
            "structured_outputs_config": {"backend": "xgrammar"},
            "speculative_config": {"method": "ngram", "num_speculative_tokens": 2},
            "max_model_len": None,
        }
    )
    assert isinstance(arguments["compilation_config"], CompilationConfig)
    assert arguments["compilation_config"].cudagraph_capture_sizes == [1, 2]
    assert isinstance(arguments["structured_outputs_config"], StructuredOutputsConfig)
    assert arguments["speculative_config"]["method"] == "ngram"
    assert arguments["max_model_len"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gpu_memory_utilisation": 0.5}, "did you mean 'gpu_memory_utilization'"),
        ({"max_num_seqs": "many"}, "max_num_seqs: .*valid integer"),
        ({"dtype": "float17"}, "dtype: "),
        ({"compilation_config": {"levle": 3}}, r"compilation_config\.levle: Unexpected"),
        ({"speculative_config": "ngram"}, "speculative_config: .*valid dict"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(EngineStartError, match=message):
        vllm_arguments(arguments)


@pytest.mark.parametrize(
    ("arguments", "good", "message"),
    [
        ({"seed": 3}, True, r"max_num_seqs=\d+ \(.*seed=3 \(ATENDE_ENGINE_ARGS\)"),
        ({"max_num_seq": 3}, False, "did you mean 'max_num_seqs'"),
    ],
)
def test_the_doctor_tells_what_would_be_started(
    tmp_path: Path, arguments: dict[str, Any], *, good: bool, message: str
) -> None:
    settings = LocalSettings(data_dir=tmp_path, engine_args=arguments)
    try:
        model_source(settings)
    except ModelError as error:
        pytest.skip(str(error))
    engine = next(finding for finding in examine(settings) if finding.part == "engine")
    assert engine.good is good
    assert re.search(message, engine.state + engine.repair)
