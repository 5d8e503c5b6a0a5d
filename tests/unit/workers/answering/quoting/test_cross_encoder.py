import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from tests.unit.workers.answering.quoting.small_bert import small_bert
from workers.answering.quoting.cross_encoder import CrossEncoder

SENTENCES = ["jejum : horas", "retire brincos", "agua agua agua agua preço exame"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> CrossEncoder:
    model = CrossEncoder(small_bert(tmp_path_factory.mktemp("bert"))).eval()
    torch.manual_seed(1)
    with torch.no_grad():
        model.head["joint"].normal_()
    return model


@pytest.fixture
def often() -> Iterator[None]:
    """Threads take turns so often that what they share is seen half changed."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def test_a_score_does_not_depend_on_the_sentences_beside_it(model: CrossEncoder) -> None:
    together = model.odds("jejum", SENTENCES)
    apart = [model.odds("jejum", [sentence])[0] for sentence in SENTENCES]
    assert together == pytest.approx(apart, abs=1e-4)
    assert len(set(together)) == len(SENTENCES)


def test_a_sentence_is_read_in_the_light_of_the_question(model: CrossEncoder) -> None:
    assert model.odds("jejum", ["retire brincos"]) != pytest.approx(
        model.odds("preço exame", ["retire brincos"]), abs=1e-3
    )


def test_the_level_is_what_an_even_chance_scores(model: CrossEncoder) -> None:
    (before,) = model.odds("jejum", ["agua"])
    with torch.no_grad():
        model.head["level"].add_(before)
    assert model.odds("jejum", ["agua"]) == pytest.approx([0], abs=1e-4)
    with torch.no_grad():
        model.head["level"].zero_()


def test_long_texts_are_cut_and_never_fail(model: CrossEncoder) -> None:
    (score,) = model.odds("jejum " * 400, ["agua " * 400])
    assert score == pytest.approx(model.odds("jejum " * 500, ["agua " * 500])[0], abs=1e-4)


def test_the_embeddings_of_another_model_in_memory_are_shared(tmp_path: Path) -> None:
    folder = small_bert(tmp_path)
    one = CrossEncoder(folder).eval()
    other = CrossEncoder(folder, one.bert.embeddings).eval()
    assert other.bert.embeddings is one.bert.embeddings
    assert other.odds("jejum", SENTENCES) == pytest.approx(one.odds("jejum", SENTENCES))


@pytest.mark.usefixtures("often")
def test_texts_are_cut_alike_where_several_threads_ask_at_once(model: CrossEncoder) -> None:
    question, sentences = "jejum " + "agua " * 400, ["retire " * 100 + "preço " * 300]
    (alone,) = model.odds(question, sentences)
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda _: model.odds(question, sentences)[0], range(400)))
    assert together == pytest.approx([alone] * 400, abs=1e-4)
