"""Reads a question and a sentence together, and says how surely the one answers the other.

It is multilingual-e5-small (MIT) with changes of all layers, cut to a low rank, fitted to questions
and documents of invented clinics (`python -m benchmarks.selector --train-cross SECONDS`).
Sentence and question see each other in every layer, so it tells siblings apart that lie alike in
the space of `encoder`; but nothing can be kept, so only the likeliest sentences are read. Importing
this takes seconds.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

from ingestion.knowledge.e5_folder import E5_PROMPTS
from workers.answering.quoting.encoder import CROSS_WEIGHTS, change

#: Longest question and longest sentence, in tokens.
QUESTION_TOKENS: Final = 96
SENTENCE_TOKENS: Final = 128
#: A cosine of means of tokens that says as much for as against; where the training begins.
_MIDDLE: Final = 0.85
_MIX: Final = 10.0


class CrossEncoder(nn.Module):
    """Log-odds that sentences answer questions. `odds` is safe to call from several threads.

    Args:
        folder: of the model, as `prepare_e5` writes it.
        embeddings: of the same model, where they are in memory already.
    """

    def __init__(self, folder: Path, embeddings: nn.Module | None = None) -> None:
        super().__init__()
        self._lock = threading.Lock()  # a fast tokenizer fails where two threads share it
        place = str(folder / "bert") if (folder / "bert").is_dir() else str(folder)
        self.tokenizer = AutoTokenizer.from_pretrained(place)
        self.bert = AutoModel.from_pretrained(place)
        if embeddings is not None:
            self.bert.embeddings = embeddings
        self.head = nn.ParameterDict(
            {
                "joint": torch.zeros(self.bert.config.hidden_size),
                "bias": torch.zeros(()),
                "mix": torch.tensor(_MIX),
                "level": torch.zeros(()),
            }
        )

    def odds(self, question: str, sentences: Sequence[str]) -> list[float]:
        """Log-odds that each sentence answers the question."""
        with self._lock, torch.inference_mode():
            return [float(value) for value in self([question] * len(sentences), sentences)]

    def forward(self, questions: Sequence[str], sentences: Sequence[str]) -> Tensor:
        """Log-odds that each sentence answers the question at its place: (questions,)."""
        first = self._tokens(E5_PROMPTS["query"], questions, QUESTION_TOKENS)
        second = self._tokens(E5_PROMPTS["document"], sentences, SENTENCE_TOKENS)
        texts = [one + other[1:] for one, other in zip(first, second, strict=True)]
        batch: Any = self.tokenizer.pad({"input_ids": texts}, return_tensors="pt")
        batch = batch.to(self.bert.device)
        states: Tensor = self.bert(**batch).last_hidden_state.float()
        places = torch.arange(states.shape[1], device=states.device).expand(states.shape[:2])
        ends = torch.tensor([[len(one) - 1] for one in first], device=states.device)
        mask = batch["attention_mask"]
        question = _mean(states, mask * (places < ends))
        sentence = _mean(states, mask * (places > ends))
        cosines = (question * sentence).sum(-1)
        head = self.head
        joint = states[:, 0] @ head["joint"] + head["bias"]
        odds: Tensor = head["mix"] * (cosines - _MIDDLE) + joint - head["level"]
        return odds

    def _tokens(self, prompt: str, texts: Sequence[str], most: int) -> list[list[int]]:
        whole = [prompt + text for text in texts]
        tokens: list[list[int]] = self.tokenizer(whole, truncation=True, max_length=most).input_ids
        return tokens


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    """The mean of the masked tokens' states, of unit length: (texts, dimensions)."""
    weights = mask.unsqueeze(-1)
    means = (states * weights).sum(1) / weights.sum(1)
    return nn.functional.normalize(means, dim=-1)


def load_cross_encoder(folder: Path, embeddings: nn.Module) -> CrossEncoder:
    """The cross-encoder as it is shipped; a second.

    Args:
        folder: of the model, as `prepare_e5` writes it.
        embeddings: of the same model, as `encoder` has them.
    """
    device = next(embeddings.parameters()).device
    model = CrossEncoder(folder, embeddings).eval().to(device)
    tensors = load_file(CROSS_WEIGHTS)
    head = {name: tensors.pop(name) for name in list(tensors) if name.startswith("head.")}
    change(model.bert, tensors)
    model.head.load_state_dict(
        {
            name.removeprefix("head."): tensor.reshape(model.head[name.removeprefix("head.")].shape)
            for name, tensor in head.items()
        }
    )
    model.odds("jejum", ["jejum"])  # the first call prepares: no patient waits for that
    return model
