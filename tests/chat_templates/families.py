"""Chat templates and tokenizers of model families, small: see the README beside this."""

from dataclasses import dataclass
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from workers.engine.protocol import Tokenizer as TokenizerProtocol

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Family:
    """One family's tokens.

    Attributes:
        name: of its template.
        eos: what ends a turn or a text.
        bos: what begins a text; None: nothing does.
        adds_bos: the tokenizer puts `bos` before a text that is encoded with special tokens.
        special: further special tokens, which vanish from decoded text.
        added: tokens that are one and stay in decoded text.
        template: the file of its template; empty: named as the family.
    """

    name: str
    eos: str
    bos: str | None = None
    adds_bos: bool = False
    special: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    template: str = ""


_CHATML = ("<|im_start|>",)
_THINK = ("<think>", "</think>")
_MISTRAL = ("[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]")
#: DeepSeek writes a wide bar in its tokens.
_DEEPSEEK = "<\uff5cbegin▁of▁sentence\uff5c>"
_DEEPSEEK_END = "<\uff5cend▁of▁sentence\uff5c>"
_GRANITE = ("<|start_of_role|>", "<|end_of_role|>")

FAMILIES = {
    family.name: family
    for family in (
        Family(
            "llama-3.1",
            "<|eot_id|>",
            "<|begin_of_text|>",
            adds_bos=True,
            special=("<|start_header_id|>", "<|end_header_id|>"),
        ),
        Family("qwen2.5", "<|im_end|>", special=_CHATML),
        Family("qwen3", "<|im_end|>", special=_CHATML, added=_THINK),
        Family("qwen3-thinking", "<|im_end|>", special=_CHATML, added=_THINK),
        Family("gemma-2", "<eos>", "<bos>", adds_bos=True, special=("<start_of_turn>",)),
        Family("gemma-3", "<eos>", "<bos>", adds_bos=True, special=("<start_of_turn>",)),
        Family(
            "medgemma",
            "<eos>",
            "<bos>",
            adds_bos=True,
            special=("<start_of_turn>", "<unused94>", "<unused95>"),
            template="gemma-3",
        ),
        Family("mistral-7b", "</s>", "<s>", adds_bos=True),
        Family("mistral-small", "</s>", "<s>", adds_bos=True, special=_MISTRAL),
        Family(
            "magistral",
            "</s>",
            "<s>",
            adds_bos=True,
            special=(*_MISTRAL, "[THINK]", "[/THINK]"),
        ),
        Family("phi-3-medium", "<|endoftext|>", "<s>", adds_bos=True, special=("<|end|>",)),
        Family("phi-4", "<|im_end|>", special=("<|im_start|>", "<|im_sep|>")),
        Family("deepseek-r1-distill", _DEEPSEEK_END, _DEEPSEEK, adds_bos=True, added=_THINK),
        Family("deepseek-v3.1", _DEEPSEEK_END, _DEEPSEEK, adds_bos=True, added=_THINK),
        Family("granite-3.3", "<|end_of_text|>", special=_GRANITE),
        Family(
            "gpt-oss",
            "<|return|>",
            "<|startoftext|>",
            special=("<|start|>", "<|message|>", "<|channel|>", "<|end|>"),
        ),
        Family("nemotron-nano", "</s>", "<s>", adds_bos=True, added=_THINK),
        Family("seed-oss", "<seed:eos>", "<seed:bos>", added=("<seed:think>", "</seed:think>")),
        Family("parts", "<|im_end|>", special=_CHATML),
        Family("unusable", "</s>"),
    )
}


def tokenizer_of(name: str) -> TokenizerProtocol:
    """The family's tokenizer, of bytes and its own tokens, with its template."""
    family = FAMILIES[name]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({sign: number for number, sign in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = [token for token in (family.bos, family.eos, *family.special) if token]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.add_tokens([AddedToken(token, special=False) for token in family.added])
    if family.bos and family.adds_bos:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{family.bos} $A",
            special_tokens=[(family.bos, tokenizer.token_to_id(family.bos))],
        )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token=family.bos,
        eos_token=family.eos,
        additional_special_tokens=list(family.special),
        chat_template=(FOLDER / f"{family.template or name}.jinja").read_text(encoding="utf-8"),
    )
