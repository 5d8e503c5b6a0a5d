"""Trains the selector's cross-encoder: the layers of multilingual-e5-small, and its head.

A step asks some questions, each with the sentences that answer it and some that do not: mostly
those that lie nearest in the space of the untrained model. The loss is the log-likelihood of what
answers among these and "none", and the log-odds of each sentence for itself.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from benchmarks.learning import DEVICE, learn
from benchmarks.low_rank import cut_changes
from benchmarks.selector_clinics import Clinic
from benchmarks.selector_training import Encoder
from ingestion.knowledge.e5_folder import E5_PROMPTS
from workers.answering.quoting.cross_encoder import CrossEncoder

#: Rank to which the changes are cut: the right candidate comes first for 76.0 % of the questions of
#: clinics that it never saw, with all of what was learnt for 76.4 %.
RANK: Final = 48
LEARNING_RATE: Final = 8e-5
HEAD_LEARNING_RATE: Final = 3e-3
WARM_UP: Final = 100
#: Questions of a step; sentences that answer none of them; how many of these are the nearest ones,
#: and how many of the nearest the others are drawn from.
QUESTIONS: Final = 16
WRONG: Final = 20
NEAREST: Final = 10
NEAR: Final = 40
#: Weight of each sentence's own log-odds beside the choice among them.
ODDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Example:
    """A question with sentences, of which the first `right` answer it."""

    question: str
    sentences: list[str]
    right: int


def train_cross(folder: Path, clinics: Sequence[Clinic], seconds: float) -> CrossEncoder:
    """Train for so long: 1.6 rounds of 85 clinics took 110 s on an H100, and take hours on a CPU.

    Args:
        folder: of the model, as `prepare_e5` writes it.
        clinics: to learn from.
        seconds: the rate of learning falls to nearly 0 over them.
    """
    chance = random.Random(0)  # noqa: S311 - no secret
    torch.manual_seed(0)
    nearest = _nearest(folder, clinics)
    model = CrossEncoder(folder)
    model.bert.requires_grad_(requires_grad=False)
    model.bert.encoder.requires_grad_(requires_grad=True)
    model = model.to(DEVICE).train()
    learn(
        _steps(clinics, nearest, chance),
        lambda step: loss_of(model, step),
        [
            (list(model.bert.encoder.parameters()), LEARNING_RATE),
            (list(model.head.parameters()), HEAD_LEARNING_RATE),
        ],
        seconds,
        WARM_UP,
    )
    return model.eval()


def save(model: CrossEncoder, folder: Path, path: Path) -> None:
    """Write the changes since `folder`, cut to a low rank, and the head."""
    before = {
        f"encoder.{name}": each.detach().to(DEVICE)
        for name, each in CrossEncoder(folder).bert.encoder.named_parameters()
    }
    changes = cut_changes(before, model.bert, RANK)
    head = {f"head.{name}": each.detach().cpu() for name, each in model.head.items()}
    save_file(changes | head, path)


def loss_of(model: CrossEncoder, step: Sequence[Example]) -> Tensor:
    """The mean over the questions."""
    questions = [each.question for each in step for _ in each.sentences]
    scores = model(questions, [sentence for each in step for sentence in each.sentences])
    losses = []
    for example, odds in zip(step, scores.split([len(e.sentences) for e in step]), strict=True):
        likelihoods = torch.log_softmax(torch.cat([odds.new_zeros(1), odds]), 0)
        right = likelihoods[1 : 1 + example.right] if example.right else likelihoods[:1]
        wanted = torch.zeros_like(odds)
        wanted[: example.right] = 1
        losses += [
            -torch.logsumexp(right, 0),
            ODDS * binary_cross_entropy_with_logits(odds, wanted),
        ]
    return torch.stack(losses).mean()


@torch.no_grad()
def _nearest(folder: Path, clinics: Sequence[Clinic]) -> list[list[list[int]]]:
    """Of each clinic and question: all sentences by their places, the nearest first."""
    encoder = Encoder(folder).to(DEVICE).eval()
    orders = []
    for clinic in clinics:
        sentences = encoder([E5_PROMPTS["document"] + text for text in clinic.indexed])
        questions = encoder([E5_PROMPTS["query"] + each.text for each in clinic.questions])
        orders.append((questions @ sentences.T).argsort(1, descending=True).tolist())
    return orders


def _steps(
    clinics: Sequence[Clinic], nearest: list[list[list[int]]], chance: random.Random
) -> Iterator[list[Example]]:
    everything = [
        (number, place)
        for number, clinic in enumerate(clinics)
        for place in range(len(clinic.questions))
    ]
    while True:
        chance.shuffle(everything)
        for start in range(0, len(everything), QUESTIONS):
            yield [
                example_of(clinics[number], place, nearest[number][place], chance)
                for number, place in everything[start : start + QUESTIONS]
            ]


def example_of(clinic: Clinic, place: int, order: list[int], chance: random.Random) -> Example:
    """A question of a clinic; `order`: all sentences by their places, the nearest first."""
    asked = clinic.questions[place]
    wrong = [each for each in order if each not in asked.gold and each not in asked.also]
    others = wrong[NEAREST:NEAR]
    chosen = wrong[:NEAREST] + chance.sample(others, min(len(others), WRONG - NEAREST))
    sentences = [clinic.indexed[each] for each in (*asked.gold, *chosen)]
    return Example(asked.text, sentences, len(asked.gold))
