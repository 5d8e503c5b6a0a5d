"""Passages ranked again by a cross-encoder, which reads question and passage together."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ingestion.knowledge.errors import RerankerUnavailableError
from ingestion.knowledge.passage import Passage

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

#: Passages of each question that are read again.
DEPTH: Final = 20

#: Pairs per call of the model: bounds its memory.
BATCH: Final = 32


class Reranker:
    """Orders passages by how well each answers its question.

    Args:
        model: any `sentence-transformers` cross-encoder with one score per pair.
    """

    def __init__(self, model: "CrossEncoder") -> None:
        self._model = model
        self._lock = threading.Lock()

    def rerank(
        self, questions: Sequence[str], passages: Sequence[Sequence[Passage]]
    ) -> list[list[Passage]]:
        """The passages of each question, best first; those beyond `DEPTH` follow as they were.

        One call of the model for all questions.
        """
        tops = [own[:DEPTH] for own in passages]
        pairs = [
            (question, passage.text)
            for question, top in zip(questions, tops, strict=True)
            for passage in top
        ]
        with self._lock:  # a fast tokenizer raises "Already borrowed" where two threads share it
            scores = iter(
                self._model.predict(pairs, batch_size=BATCH, show_progress_bar=False).tolist()
                if pairs
                else []
            )
        return [
            [*_ordered([(next(scores), passage) for passage in top]), *own[DEPTH:]]
            for top, own in zip(tops, passages, strict=True)
        ]


def load_reranker(name: str, threads: int) -> Reranker:
    """The cross-encoder of this hub name or folder.

    Raises:
        RerankerUnavailableError: it cannot be loaded, or gives no single score.
    """
    if name.startswith((".", "/", "~")) and not Path(name, "config.json").is_file():
        raise RerankerUnavailableError(
            f"There is no reranker in the folder {name}. Correct ATENDE_RERANKER, or leave it out."
        )
    import torch  # noqa: PLC0415 - seconds to import: only where it is used
    from sentence_transformers import CrossEncoder  # noqa: PLC0415 - likewise

    if torch.get_num_threads() != threads and not torch.cuda.is_available():
        torch.set_num_threads(threads)
    try:
        model = CrossEncoder(name)
    except (OSError, ValueError) as error:
        raise RerankerUnavailableError(
            f"The reranker `{name}` could not be loaded: {error} Set ATENDE_RERANKER to a folder "
            f"that holds it, let this machine reach the model hub once, or leave it out."
        ) from error
    if model.num_labels != 1:
        raise RerankerUnavailableError(
            f"`{name}` gives {model.num_labels} scores for a pair, so it is a classifier and no "
            f"reranker. Set ATENDE_RERANKER to a model that gives one score."
        )
    return Reranker(model)


def _ordered(scored: list[tuple[float, Passage]]) -> list[Passage]:
    return [passage for _, passage in sorted(scored, key=lambda pair: -pair[0])]
