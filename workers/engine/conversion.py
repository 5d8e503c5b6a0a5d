"""GGUF to safetensors: what vLLM loads without a GPU plug-in.

Seen with transformers 5.19: its conversion drops GGUF's `add_bos_token`. Gemma without its first
token is another model (4.7 instead of 2.8 nats per token on Portuguese text), so the tokenizer is
checked against the GGUF file's own word list and flags before anything is kept.

Files made by llama.cpp hold the output head of a model with tied embeddings a second time, with
more bits (6 for 4, 8 for 5). The finer of the two serves as both: it is the nearer one to what the
model was trained with, and a folder of 1.5 billion weights is 0.5 GB smaller.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import torch
from gguf import GGUFReader
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.utils.quantization_config import GgufConfig

from workers.engine.protocol import EngineError

#: Text that must survive encoding and decoding: accents, digits, spaces, line ends, an emoji.
PROBE = "Não posso comer às 8h?  R$ 1.250,00\n\nColonoscopia: jejum de 6 horas. 🙂"


#: Rows that are compared at a time: a float32 copy of all would double the memory.
ROWS: Final = 8192
#: Relative distance of two matrices below which they are one, rounded twice. Seen: 0.075 between 6
#: and 4 bits, 0.045 between 8 and 5; two independent matrices are 1.4 apart.
SAME: Final = 0.2


class ConversionError(EngineError):
    """The result differs from what the GGUF file says."""


def convert(weights: Path, folder: Path, report: Callable[[str], None]) -> None:
    """Write a GGUF file's model and tokenizer as transformers does, in bfloat16.

    Four-bit values lose nothing that matters in bfloat16, and the folder is half of float32's.

    Args:
        weights: the GGUF file.
        folder: where the files go.
        report: called with each step.

    Raises:
        ConversionError: the tokenizer differs from the GGUF file's.
    """
    report("converting the weights")
    model = AutoModelForCausalLM.from_pretrained(
        weights.parent,
        gguf_file=weights.name,
        quantization_config=GgufConfig(gguf_file=weights.name, dequantize=True),
        dtype=torch.bfloat16,
    )
    vars(model.config).pop("quantization_config", None)  # else it is loaded as GGUF again
    tie(model)
    model.save_pretrained(folder)
    report("converting the tokenizer")
    tokenizer = AutoTokenizer.from_pretrained(weights.parent, gguf_file=weights.name)
    fields = _fields(weights)
    if fields.get("tokenizer.ggml.add_bos_token"):
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
            single=f"{tokenizer.bos_token} $A",
            special_tokens=[(tokenizer.bos_token, tokenizer.bos_token_id)],
        )
    tokenizer.save_pretrained(folder)
    saved = AutoTokenizer.from_pretrained(folder)
    if not isinstance(saved, PreTrainedTokenizerFast):
        raise ConversionError("the tokenizer was not written as tokenizer.json")
    check_tokenizer(saved, fields)
    for path in folder.iterdir():
        path.chmod(0o644)


def tie(model: PreTrainedModel) -> None:
    """Make one matrix of head and embeddings where they differ by rounding alone."""
    embeddings: torch.nn.Module = model.get_input_embeddings()
    output: torch.nn.Module = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    table, head = embeddings.get_parameter("weight"), output.get_parameter("weight")
    if table is head or table.shape != head.shape or not _is_same(table.data, head.data):
        return
    table.data.copy_(head.data)
    model.config.tie_word_embeddings = True
    model.tie_weights()


def _is_same(table: torch.Tensor, head: torch.Tensor) -> bool:
    distance = size = 0.0
    for start in range(0, len(head), ROWS):
        part = head[start : start + ROWS].float()
        distance += float((table[start : start + ROWS].float() - part).square().sum())
        size += float(part.square().sum())
    return distance < SAME**2 * size


def check_tokenizer(tokenizer: PreTrainedTokenizerFast, fields: dict[str, Any]) -> None:
    """Compare a tokenizer with the GGUF file's own fields.

    Raises:
        ConversionError: another word list, another first token, or text that does not survive.
    """
    tokens = fields["tokenizer.ggml.tokens"]
    words = tokenizer.convert_ids_to_tokens(list(range(len(tokens))))
    # GGUF files write a run of spaces either way; sentencepiece's sign for a space is U+2581.
    if [token.replace("\u2581", " ") for token in words] != [
        token.replace("\u2581", " ") for token in tokens
    ]:
        raise ConversionError("the tokenizer's word list is not the GGUF file's")
    has_first_token = tokenizer.encode(PROBE)[0] == fields["tokenizer.ggml.bos_token_id"]
    if has_first_token != bool(fields.get("tokenizer.ggml.add_bos_token")):
        raise ConversionError("the tokenizer's first token is not the GGUF file's")
    if tokenizer.decode(tokenizer.encode(PROBE, add_special_tokens=False)) != PROBE:
        raise ConversionError("the tokenizer does not give a text back unchanged")


def _fields(weights: Path) -> dict[str, Any]:
    """The GGUF file's metadata, by key."""
    reader = GGUFReader(os.fspath(weights))
    return {key: field.contents() for key, field in reader.fields.items()}
