from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from workers.engine.lora import Adapter
from workers.engine.machine import preload_libraries, this_machine, weights_bytes
from workers.engine.model import ModelSource
from workers.engine.plan import (
    CPU_STEP_TOKENS,
    OVERHEAD,
    Machine,
    check_argument_names,
    check_memory,
    plan,
)
from workers.engine.protocol import EngineStartError
from workers.engine.shape import ModelShape
from workers.engine.step import GIB, Card
from workers.settings import WorkerSettings

SOURCE = ModelSource("/models/small", "small", demonstration=False)
PLAIN = Machine(gpu=False, flags=frozenset({"avx2"}), cores=(0, 1), available=16 * GIB)
GPU = replace(PLAIN, gpu=True)
H100 = replace(GPU, card=Card("NVIDIA H100 80GB HBM3", 80 * GIB, (9, 0)))
SEVEN_B = ModelShape(6_525_000_000, senses=False)


def arguments(machine: Machine = PLAIN, **settings: Any) -> dict[str, Any]:  # noqa: ANN401
    return plan(WorkerSettings(**settings), SOURCE, machine).arguments


@pytest.mark.parametrize(
    ("machine", "setting", "dtype"),
    [
        (PLAIN, None, "float32"),
        (replace(PLAIN, flags=frozenset({"avx2", "avx512f"})), None, "bfloat16"),
        (replace(PLAIN, flags=frozenset({"amx_bf16"})), None, "bfloat16"),
        (replace(PLAIN, flags=frozenset()), None, "float32"),
        (GPU, None, "auto"),
        (PLAIN, "bfloat16", "bfloat16"),
        (GPU, "float16", "float16"),
    ],
)
def test_dtype_follows_the_processor_unless_set(
    machine: Machine, setting: str | None, dtype: str
) -> None:
    assert arguments(machine, model_dtype=setting)["dtype"] == dtype


def test_slots_by_machine_and_setting() -> None:
    assert plan(WorkerSettings(), SOURCE, PLAIN).slots == 64
    assert plan(WorkerSettings(), SOURCE, GPU).slots == 256
    assert plan(WorkerSettings(engine_slots=5), SOURCE, GPU).slots == 5
    assert plan(WorkerSettings(engine_args={"max_num_seqs": 7}), SOURCE, GPU).slots == 7


def test_always_priority_and_prefix_cache_and_the_models_name() -> None:
    for machine in (PLAIN, GPU):
        chosen = arguments(machine)
        assert chosen["scheduling_policy"] == "priority"
        assert chosen["enable_prefix_caching"] is True
        assert chosen["max_model_len"] == WorkerSettings().context_tokens
        assert (chosen["model"], chosen["served_model_name"]) == ("/models/small", "small")


def test_a_gpu_gets_no_processor_settings() -> None:
    chosen = plan(WorkerSettings(), SOURCE, replace(GPU, preload=("/lib/x.so",)))
    assert not {"enforce_eager", "kv_cache_memory_bytes"} & set(chosen.arguments)
    assert not {"LD_PRELOAD", "VLLM_CPU_OMP_THREADS_BIND"} & set(chosen.environment)


def test_engine_args_win() -> None:
    overrides = {"enforce_eager": False, "quantization": "awq", "tensor_parallel_size": 2}
    chosen = plan(WorkerSettings(engine_args=overrides), SOURCE, PLAIN)
    assert overrides.items() <= chosen.arguments.items()
    assert chosen.environment["VLLM_CPU_OMP_THREADS_BIND"] == "0|1"  # a part for each rank
    four = plan(WorkerSettings(engine_args={"tensor_parallel_size": 4}), SOURCE, PLAIN)
    assert "VLLM_CPU_OMP_THREADS_BIND" not in four.environment  # vLLM says that it cannot


def test_every_choice_is_explained() -> None:
    for machine in (PLAIN, GPU):
        chosen = plan(WorkerSettings(engine_args={"seed": 3}), SOURCE, machine)
        unexplained = set(chosen.arguments) - set(chosen.reasons)
        assert unexplained == {"model", "served_model_name", "disable_log_stats"}
        assert "scheduling_policy=priority (interactive questions go first)" in chosen.explanation
        assert "seed=3 (ATENDE_ENGINE_ARGS)" in chosen.explanation
    assert "cores: 2, all" in plan(WorkerSettings(), SOURCE, PLAIN).explanation


def test_no_secret_is_shown() -> None:
    chosen = plan(WorkerSettings(engine_args={"hf_token": "hush"}), SOURCE, PLAIN)
    assert chosen.arguments["hf_token"] == "hush"
    assert "hf_token=(set) (ATENDE_ENGINE_ARGS)" in chosen.explanation
    assert "hush" not in chosen.explanation


def test_a_processors_step_holds_every_slot_and_a_whole_prompt_where_it_must() -> None:
    assert arguments(engine_slots=4)["max_num_batched_tokens"] == CPU_STEP_TOKENS
    assert arguments(engine_slots=3000)["max_num_batched_tokens"] == 3000
    assert arguments(engine_args={"max_num_seqs": 3000})["max_num_batched_tokens"] == 3000
    whole = arguments(engine_args={"enable_chunked_prefill": False})
    assert "max_num_batched_tokens" not in whole
    assert "max_num_batched_tokens" not in arguments(GPU)


def on_h100(shape: ModelShape | None = SEVEN_B, **engine_args: Any) -> dict[str, Any]:  # noqa: ANN401
    settings = WorkerSettings(engine_args=engine_args)
    return plan(settings, SOURCE, H100, shape=shape).arguments


def test_a_gpus_step_is_chosen_and_explained_but_what_is_set_wins() -> None:
    assert on_h100()["max_num_batched_tokens"] == 4096
    explanation = plan(WorkerSettings(), SOURCE, H100, shape=SEVEN_B).explanation
    assert "max_num_batched_tokens=4096 (a question that comes during a step" in explanation
    assert on_h100(max_num_batched_tokens=16384)["max_num_batched_tokens"] == 16384
    assert on_h100(shape=None)["max_num_batched_tokens"] == 8192
    assert on_h100(tensor_parallel_size=2)["max_num_batched_tokens"] == 8192
    assert on_h100(tensor_parallel_size=4)["max_num_batched_tokens"] == 16384


def test_a_gpus_step_holds_every_slot_with_its_guesses_and_a_whole_prompt_where_it_must() -> None:
    assert on_h100(max_num_seqs=5000)["max_num_batched_tokens"] == 5000
    guesses = {"method": "ngram", "num_speculative_tokens": 4}
    assert on_h100(max_num_seqs=1024, speculative_config=guesses)["max_num_batched_tokens"] == 5120
    assert "max_num_batched_tokens" not in on_h100(enable_chunked_prefill=False)


def test_a_model_that_sees_is_loaded_without_its_eyes() -> None:
    assert on_h100(ModelShape(None, senses=True))["language_model_only"] is True
    assert "language_model_only" not in on_h100()


def test_a_gpu_keeps_memory_for_retrievals_models() -> None:
    assert arguments(GPU)["gpu_memory_utilization"] < 0.9
    assert "gpu_memory_utilization" not in arguments(PLAIN)


def test_an_adapter_is_enabled_with_its_rank() -> None:
    adapter = Adapter("clinica", Path("/adapters/clinica"), 32)
    chosen = plan(WorkerSettings(), SOURCE, GPU, adapter)
    assert chosen.arguments["enable_lora"] is True
    assert chosen.arguments["max_lora_rank"] == 32
    overrides = WorkerSettings(engine_args={"max_lora_rank": 64})
    assert plan(overrides, SOURCE, GPU, adapter).arguments["max_lora_rank"] == 64
    assert "enable_lora" not in arguments(GPU)


def test_the_processor_environment() -> None:
    machine = replace(PLAIN, cores=(2, 3, 5), preload=("/lib/a.so", "/lib/b.so"))
    environment = plan(WorkerSettings(), SOURCE, machine).environment
    assert environment["VLLM_CPU_OMP_THREADS_BIND"] == "2,3,5"
    assert environment["LD_PRELOAD"] == "/lib/a.so:/lib/b.so"


def test_answer_tokens_must_leave_room() -> None:
    with pytest.raises(EngineStartError, match="ATENDE_ANSWER_TOKENS=200 leaves no room"):
        arguments(answer_tokens=200, context_tokens=200)


def test_the_context_is_set_in_one_place() -> None:
    with pytest.raises(EngineStartError, match="max_model_len=512"):
        arguments(engine_args={"max_model_len": 512})


def test_an_unknown_engine_argument_names_the_nearest() -> None:
    known = ["gpu_memory_utilization", "tensor_parallel_size"]
    check_argument_names(["tensor_parallel_size"], known)
    with pytest.raises(EngineStartError) as caught:
        check_argument_names(["gpu-memory-utilisation", "xyz"], known)
    near = "'gpu-memory-utilisation' (did you mean 'gpu_memory_utilization'?), 'xyz'."
    assert near in str(caught.value)


def test_too_little_memory_says_the_numbers_and_the_setting() -> None:
    settings = WorkerSettings(kv_cache_gib=4)
    enough = GIB + 4 * GIB + OVERHEAD
    check_memory(settings, GIB, 4 * GIB, enough)
    with pytest.raises(EngineStartError, match=r"weights 1\.0, .*cache 4\.0.*ATENDE_KV_CACHE_GIB"):
        check_memory(settings, GIB, 4 * GIB, enough - 1)


def test_an_unknown_size_of_the_weights_counts_as_nothing() -> None:
    check_memory(WorkerSettings(), None, GIB, GIB + OVERHEAD)


def test_vllms_own_variable_for_the_cache_wins() -> None:
    chosen = plan(WorkerSettings(kv_cache_gib=1.5), SOURCE, PLAIN)
    assert chosen.cache_bytes({}) == 3 * GIB // 2
    assert chosen.cache_bytes({"VLLM_CPU_KVCACHE_SPACE": "4"}) == 4 * GIB


def test_this_machine_can_be_described() -> None:
    machine = this_machine(gpu=False)
    assert machine.cores
    assert machine.available > 0
    assert all(path.is_file() for path in preload_libraries())


def test_weights_are_counted_in_the_dtype_they_are_loaded_as(tmp_path: Path) -> None:
    save_file({"a": np.zeros((10, 3), "float16")}, tmp_path / "model.safetensors")
    source = ModelSource(str(tmp_path), "tiny", demonstration=False)
    assert weights_bytes(source, "float32") == 120
    assert weights_bytes(source, "auto") == weights_bytes(source, "bfloat16") == 60


def test_weights_that_are_not_here_are_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    source = ModelSource("atende-test/not-there", "x", demonstration=False)
    assert weights_bytes(source, "float32") is None
