"""Trains the selector's encoder: low-rank changes of multilingual-e5-small.

A step asks some questions of one clinic against its sentences. The loss is the log-likelihood of
the sentences that answer among all of them and "none", whose cosine is learned as well.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

from benchmarks.learning import DEVICE, learn
from benchmarks.low_rank import add_changes, changes_of
from benchmarks.selector_clinics import Asked, Clinic
from ingestion.knowledge.e5_folder import E5_PROMPTS

#: Rank of the changes, and how much of their input is left out by chance.
RANK: Final = 16
DROPOUT: Final = 0.05
#: Lower layers stay as they are.
FIRST_LAYER: Final = 4
LEARNING_RATE: Final = 6e-4
#: Questions of a step, sentences that they choose from besides those that answer, steps to warm up.
QUESTIONS: Final = 20
SENTENCES: Final = 64
WARM_UP: Final = 15
BATCH: Final = 24
TOKENS: Final = 128
#: A score that no sentence reaches: it takes one out of the choice.
_OUT: Final = -1e4


class Encoder(nn.Module):
    """The model with changes, the cosine of "none" and the temperature."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        bert = str(folder / "bert") if (folder / "bert").is_dir() else str(folder)
        self.tokenizer = AutoTokenizer.from_pretrained(bert)
        self.bert = AutoModel.from_pretrained(bert)
        self.bert.requires_grad_(requires_grad=False)
        add_changes(self.bert.encoder.layer[FIRST_LAYER:], RANK, DROPOUT)
        self.level = nn.Parameter(torch.tensor(0.85))
        self.log_temperature = nn.Parameter(torch.tensor(math.log(0.03)))

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Vectors of unit length: (texts, dimensions). Texts of like length share a batch."""
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        parts = [
            self._encode([texts[place] for place in order[start : start + BATCH]])
            for start in range(0, len(order), BATCH)
        ]
        vectors: Tensor = torch.cat(parts)[torch.tensor(np.argsort(order), device=DEVICE)]
        return vectors

    def save(self, path: Path) -> None:
        """Write the changes."""
        save_file(changes_of(self.bert), path)

    def _encode(self, texts: list[str]) -> Tensor:
        tokens: Any = self.tokenizer(
            texts, truncation=True, max_length=TOKENS, padding=True, return_tensors="pt"
        ).to(DEVICE)
        states: Tensor = self.bert(**tokens).last_hidden_state.float()
        mask = tokens["attention_mask"].unsqueeze(-1)
        means = (states * mask).sum(1) / mask.sum(1)
        return nn.functional.normalize(means, dim=-1)


@dataclass(frozen=True, slots=True)
class Step:
    """What one step learns from: the places of `questions` are those of `sentences`."""

    sentences: list[str]
    questions: list[Asked]


def train(folder: Path, clinics: Sequence[Clinic], seconds: float) -> Encoder:
    """Train for so long: three rounds of 43 clinics took 23 minutes on two cores.

    Args:
        folder: of the model, as `prepare_e5` writes it.
        clinics: to learn from.
        seconds: the rate of learning falls to nearly 0 over them.
    """
    chance = random.Random(0)  # noqa: S311 - no secret
    torch.manual_seed(0)
    model = Encoder(folder).to(DEVICE).train()
    weights = [each for each in model.parameters() if each.requires_grad]
    learn(
        _steps(clinics, chance),
        lambda step: loss_of(model, step),
        [(weights, LEARNING_RATE)],
        seconds,
        WARM_UP,
    )
    return model.eval()


def loss_of(model: Encoder, step: Step) -> Tensor:
    """The mean negative log-likelihood of what answers."""
    asked = [E5_PROMPTS["query"] + question.text for question in step.questions]
    vectors = model(asked + [E5_PROMPTS["document"] + text for text in step.sentences])
    cosines = vectors[: len(asked)] @ vectors[len(asked) :].T
    scores = torch.cat([model.level.expand(len(asked), 1), cosines], 1)
    scores = scores / model.log_temperature.exp()
    losses = []
    for question, row in zip(step.questions, scores, strict=True):
        choice = row.index_fill(
            0, torch.tensor([1 + each for each in question.also], device=scores.device).long(), _OUT
        )
        likelihoods = torch.log_softmax(choice, 0)
        right = [1 + each for each in question.gold] or [0]
        losses.append(-torch.logsumexp(likelihoods[right], 0))
    return torch.stack(losses).mean()


def _steps(clinics: Sequence[Clinic], chance: random.Random) -> Iterator[Step]:
    while True:
        parts = []
        for clinic in clinics:
            questions = chance.sample(clinic.questions, len(clinic.questions))
            parts += [
                (clinic, questions[start : start + QUESTIONS])
                for start in range(0, len(questions), QUESTIONS)
            ]
        chance.shuffle(parts)
        yield from (_step(clinic, questions, chance) for clinic, questions in parts)


def _step(clinic: Clinic, questions: Sequence[Asked], chance: random.Random) -> Step:
    everything = range(len(clinic.units))
    gold = {place for question in questions for place in question.gold}
    kept = sorted(gold | set(chance.sample(everything, min(SENTENCES, len(everything)))))
    places = {place: number for number, place in enumerate(kept)}
    return Step(
        [clinic.indexed[place] for place in kept],
        [
            Asked(
                each.text,
                tuple(places[place] for place in each.gold),
                tuple(places[place] for place in each.also if place in places),
                each.both,
            )
            for each in questions
        ],
    )
