"""What becomes of a GGUF file's output head."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from tests.unit.workers.engine.tiny import TABLE, Matrix, write_gguf
from workers.engine.conversion import convert

OTHER = np.random.default_rng(8).normal(size=TABLE.shape).astype(np.float32)
ROUNDED = (TABLE + OTHER * np.float32(0.07)).astype(np.float32)


@pytest.mark.parametrize(
    ("head", "table"),
    [(None, TABLE), (ROUNDED, ROUNDED), (OTHER, TABLE)],
    ids=["no head", "rounded otherwise", "another"],
)
def test_a_head_that_is_the_embeddings_again_is_kept_once_and_the_finer_one(
    tmp_path: Path, head: Matrix | None, table: Matrix
) -> None:
    write_gguf(tmp_path / "weights.gguf", head)
    convert(tmp_path / "weights.gguf", tmp_path, lambda _: None)
    with safe_open(tmp_path / "model.safetensors", "pt") as tensors:
        kept = {name: tensors.get_tensor(name).float().numpy() for name in tensors.keys()}  # noqa: SIM118 - no mapping
    assert np.allclose(kept["model.embed_tokens.weight"], table, rtol=0.01)
    is_tied = json.loads((tmp_path / "config.json").read_text())["tie_word_embeddings"]
    assert is_tied is (head is not OTHER)
    assert ("lm_head.weight" in kept) is not is_tied
    if head is OTHER:
        assert np.allclose(kept["lm_head.weight"], head, rtol=0.01)
