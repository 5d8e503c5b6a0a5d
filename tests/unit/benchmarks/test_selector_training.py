from typing import cast

import pytest
import torch

from benchmarks.selector_clinics import Asked
from benchmarks.selector_training import Encoder, Step, loss_of


class Fixed(torch.nn.Module):
    """Gives questions and sentences the vectors that a test says."""

    def __init__(self, vectors: dict[str, tuple[float, float]]) -> None:
        super().__init__()
        self._vectors = vectors
        self.level = torch.nn.Parameter(torch.tensor(0.5))
        self.log_temperature = torch.nn.Parameter(torch.tensor(0.0))

    def forward(self, texts: list[str]) -> torch.Tensor:
        return torch.tensor([self._vectors[text.partition(": ")[2]] for text in texts])


def loss(gold: tuple[int, ...], also: tuple[int, ...] = ()) -> float:
    model = Fixed({"q": (1, 0), "near": (1, 0), "far": (0, 1)})
    step = Step(["near", "far"], [Asked("q", gold, also, both=False)])
    return loss_of(cast("Encoder", model), step).item()


def test_the_loss_is_that_of_the_sentences_that_answer_among_all_and_none() -> None:
    likelihoods = torch.log_softmax(torch.tensor([0.5, 1.0, 0.0]), 0)
    assert loss(gold=(0,)) == pytest.approx(-float(likelihoods[1]))
    assert loss(gold=(1,)) == pytest.approx(-float(likelihoods[2]))
    assert loss(gold=()) == pytest.approx(-float(likelihoods[0]))
    assert loss(gold=(0, 1)) < loss(gold=(0,))


def test_a_sentence_that_answers_in_part_is_neither_right_nor_wrong() -> None:
    likelihoods = torch.log_softmax(torch.tensor([0.5, 1.0]), 0)
    assert loss(gold=(0,), also=(1,)) == pytest.approx(-float(likelihoods[1]))
