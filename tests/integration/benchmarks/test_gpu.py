"""The stand-in engine behind the product's own drain, in processes of their own."""

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.trainers import WordLevelTrainer
from transformers import PreTrainedTokenizerFast

from benchmarks.gpu.engine import Setup
from benchmarks.gpu.product import Work, product

pytestmark = pytest.mark.integration

TEXTS = [f"O exame {n} pede jejum de {n % 12 + 1} horas. " * 8 for n in range(50)]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that is a model as far as its tokenizer goes."""
    words = Tokenizer(WordLevel(unk_token="?"))
    words.pre_tokenizer = Whitespace()
    words.train_from_iterator(TEXTS, WordLevelTrainer(special_tokens=["?"]))
    folder = tmp_path / "words"
    fast = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="?")  # type: ignore[no-untyped-call]
    fast.save_pretrained(folder)
    (folder / "config.json").write_text("{}")
    return folder


@pytest.mark.drill
def test_all_questions_of_both_lanes_settle_and_the_engine_alone_is_no_slower(
    tmp_path: Path, model: Path
) -> None:
    passages = tmp_path / "passages.json"
    passages.write_text(json.dumps(TEXTS), "utf-8")
    folder = tmp_path / "run"
    settings = {"ATENDE_MODEL": str(model), "ATENDE_DATA_DIR": str(tmp_path / "data")}
    bulk = [f"Qual o jejum do exame {n}?" for n in range(44)]
    live = [f"Posso beber água antes do exame {n}?" for n in range(6)]
    with product(folder, Setup(str(folder), outputs="none"), settings, passages) as drain:
        drain.warm(["Onde fica a clínica?"])
        work = Work("all", bulk, live, [0.1 * n for n in range(6)], {"step_tokens": 4096})
        phase = drain.phase(work)
    assert phase.answers == 50
    assert phase.limits.step_tokens == 4096
    assert len(phase.latencies) == 6
    assert max(phase.latencies) < phase.seconds
    assert 0 < phase.ratio < 1.05
    assert phase.fullest[1] > 0
