import struct
from pathlib import Path

import numpy as np
import pytest

from ingestion.knowledge.e5_weights import Shape, read_e5
from ingestion.knowledge.errors import EmbeddingUnavailableError

SHAPE = Shape(32, 1, 2, 64, 4, 16, 2, 1e-6)
PIECES = [("<s>", 0.0), ("<unk>", 0.0), ("▁jejum", -3.5), ("ção", -4.25)]


def file_of(kind: int = 1) -> bytes:
    """A model's file with one tensor of floats, and one block of 4-bit weights, of the `kind`."""
    text = "".join(piece for piece, _ in PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece, _ in PIECES)])
    head = b"E5S1" + struct.pack("<I7ifi", 1, *SHAPE, 32) + struct.pack("<5i", 4, 0, 0, 0, 1)
    head += struct.pack("<Q", len(text)) + struct.pack("<5I", *ends)
    head += struct.pack("<4f", *(score for _, score in PIECES)) + text
    head += struct.pack("<iI", 1, 5) + b"\x01\0\0\0\0"  # one letter that is dropped
    names = (b"emb.ln.w", b"l0.q.w")
    start = len(head) + 4 + sum(2 + len(name) + 21 for name in names)
    head += struct.pack("<i", 2)
    head += struct.pack("<H", 8) + names[0] + struct.pack("<BIQQ", 0, 2, start, 8)
    head += struct.pack("<H", 6) + names[1] + struct.pack("<BIQQ", kind, 32, start + 8, 18)
    block = struct.pack("<e", 0.5) + bytes(place | (15 - place) << 4 for place in range(16))
    return head + struct.pack("<2f", 1.5, -2.0) + block


def test_words_and_weights_are_read_as_the_wheels_own_reader_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "e5.bin"
    path.write_bytes(file_of())
    weights = read_e5(path)
    assert weights.shape[:7] == SHAPE[:7]
    assert weights.shape.epsilon == pytest.approx(1e-6)
    assert (weights.pieces, weights.unknown) == (PIECES, 1)
    assert weights.tensors["emb.ln.w"].tolist() == [1.5, -2.0]
    low = [(place - 8) * 0.5 for place in range(16)]  # the low halves of all bytes come first
    assert weights.tensors["l0.q.w"].tolist() == low + low[::-1]


@pytest.mark.parametrize("content", [b"", b"GGUF", file_of()[:90], file_of(kind=7)])
def test_a_file_of_another_layout_is_refused_with_advice(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "e5.bin"
    path.write_bytes(content)
    with pytest.raises(EmbeddingUnavailableError, match=r"e5\.bin.*Install the version of"):
        read_e5(path)
