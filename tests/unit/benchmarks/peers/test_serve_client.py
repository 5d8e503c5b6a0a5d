import json
from dataclasses import replace

from benchmarks.peers.serve_client import flags
from workers.engine.machine import this_machine
from workers.engine.model import ModelSource
from workers.engine.plan import plan
from workers.engine.shape import ModelShape
from workers.engine.step import GIB, Card
from workers.settings import WorkerSettings


def test_engine_arguments_become_flags() -> None:
    arguments = {
        "model": "/m",
        "enforce_eager": True,
        "enable_prefix_caching": False,
        "max_num_seqs": 16,
        "compilation_config": {"level": 0},
    }
    assert flags(arguments) == [
        *("--model", "/m", "--enforce-eager", "--no-enable-prefix-caching"),
        *("--max-num-seqs", "16", "--compilation-config", json.dumps({"level": 0})),
    ]


def test_on_a_gpu_every_system_is_told_its_slots_and_tokens_of_a_step() -> None:
    """`LLM`, `vllm serve` and `AsyncLLM` have each their own numbers where nothing is said."""
    machine = replace(this_machine(gpu=True), card=Card("NVIDIA H100 80GB HBM3", 80 * GIB, (9, 0)))
    source = ModelSource("/m", "m", demonstration=False)
    shape = ModelShape(6_525_000_000, senses=False)
    line = flags(plan(WorkerSettings(), source, machine, shape=shape).arguments)
    for flag, value in (("--max-num-batched-tokens", "4096"), ("--max-num-seqs", "256")):
        assert line[line.index(flag) + 1] == value
