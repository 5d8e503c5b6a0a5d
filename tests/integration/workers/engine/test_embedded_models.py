"""The embedded models that are prepared on this machine, with their real weights."""

from typing import Any

import pytest

from workers.engine.conversion import PROBE
from workers.engine.embedded import LARGE, SMALL, EmbeddedModel
from workers.engine.manifest import damage
from workers.engine.model import model_folder
from workers.settings import WorkerSettings

QUESTION = "O ultrassom pede jejum de 8 horas. Quantas horas de jejum? Responda só com o número."

pytestmark = pytest.mark.model


@pytest.mark.parametrize("model", [SMALL, LARGE], ids=lambda model: model.name)
def test_it_is_whole_and_answers_in_its_turn(model: EmbeddedModel) -> None:
    folder = model_folder(WorkerSettings(), model)
    if not folder.is_dir():
        pytest.skip(f"run `atende model prepare {model.setting}`")
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415

    assert damage(folder) is None
    assert "END OF TERMS AND CONDITIONS" in (folder / "LICENSE.txt").read_text("utf-8")
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.decode(tokenizer.encode(PROBE)) == PROBE
    weights: Any = AutoModelForCausalLM.from_pretrained(folder, dtype="bfloat16")
    assert weights.get_input_embeddings().weight is weights.get_output_embeddings().weight
    turn = [{"role": "user", "content": QUESTION}]
    prompt = tokenizer.apply_chat_template(turn, add_generation_prompt=True, return_tensors="pt")
    words = weights.generate(**prompt, max_new_tokens=8, do_sample=False)
    answer = tokenizer.decode(words[0][prompt["input_ids"].shape[1] :])
    assert "8" in answer
    assert "<|im_end|>" in answer
