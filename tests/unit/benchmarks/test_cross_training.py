import random
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
import torch
from safetensors.torch import load_file

from benchmarks.cross_training import ODDS, Example, example_of, loss_of, save, train_cross
from benchmarks.selector_clinics import Asked, Clinic
from tests.unit.workers.answering.quoting.small_bert import small_bert
from workers.answering.quoting.cross_encoder import CrossEncoder


class Fixed(torch.nn.Module):
    """Scores sentences as a test says."""

    def __init__(self, scores: dict[str, float]) -> None:
        super().__init__()
        self._scores = scores

    def forward(self, questions: Sequence[str], sentences: Sequence[str]) -> torch.Tensor:
        assert len(questions) == len(sentences)
        return torch.tensor([self._scores[sentence] for sentence in sentences])


def loss(*examples: Example) -> float:
    model = Fixed({"yes": 3.0, "no": -3.0, "well": 0.0})
    return loss_of(cast("CrossEncoder", model), examples).item()


def test_the_loss_falls_where_what_answers_scores_above_none_and_all_others() -> None:
    right = loss(Example("q", ["yes", "no"], right=1))
    assert (
        right < loss(Example("q", ["well", "no"], right=1)) < loss(Example("q", ["no", "yes"], 1))
    )


def test_where_nothing_answers_none_is_right() -> None:
    assert loss(Example("q", ["no", "no"], 0)) < loss(Example("q", ["no", "yes"], 0))


def test_the_loss_is_of_the_choice_and_of_each_sentence_for_itself() -> None:
    choice = -torch.log_softmax(torch.tensor([0.0, 3.0, -3.0]), 0)[1]
    odds = torch.nn.functional.softplus(torch.tensor([-3.0, -3.0])).mean()
    assert loss(Example("q", ["yes", "no"], 1)) == pytest.approx(float(choice + ODDS * odds) / 2)


def test_what_answers_in_part_is_neither_right_nor_wrong() -> None:
    texts = tuple("abcd")
    asked = Asked("q", gold=(1,), also=(2,), both=False)
    clinic = Clinic("c", texts, texts, (asked,), [])
    example = example_of(clinic, 0, [2, 3, 1, 0], random.Random(0))  # noqa: S311 - no secret
    assert example == Example("q", ["b", "d", "a"], right=1)


def test_training_changes_the_model_and_what_was_saved_is_its_changes(tmp_path: Path) -> None:
    folder = small_bert(tmp_path / "bert")
    texts = ("jejum horas", "retire brincos", "agua")
    asked = (Asked("horas", (0,), (), both=False), Asked("preço", (), (), both=False))
    model = train_cross(folder, [Clinic("c", texts, texts, asked, [])], seconds=1.0)
    save(model, folder, tmp_path / "changes.safetensors")
    tensors = load_file(tmp_path / "changes.safetensors")
    assert float(tensors["head.level"]) == pytest.approx(model.head["level"].item())
    changes = [name for name in tensors if name.endswith(".b")]
    assert changes
    assert all(tensors[name].any() for name in changes)
