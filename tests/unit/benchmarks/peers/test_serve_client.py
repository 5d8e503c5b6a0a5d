import json

from benchmarks.peers.serve_client import flags


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
