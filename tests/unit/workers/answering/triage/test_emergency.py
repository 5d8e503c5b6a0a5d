from pathlib import Path

import pytest

from workers.answering.triage import files
from workers.answering.triage.emergency import emergency_of
from workers.answering.triage.lists import PhraseList

SIGNS = "[heart]\ndor no peito\n! infartou\n[suicide]\n!! quero morrer\n"
CONTEXT = """
[harmless]
quero morrer de rir
[past]
ano passado
[supposed]
se ... infartou
[asking]
quanto custa
[now]
agora
[complaint]
estou com
[denied]
nao
sem
[animal]
cachorro
"""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("dor no peito", "heart"),
        ("estou com dor no peito quanto custa exame", "heart"),
        ("dor no peito agora quanto custa exame", "heart"),
        ("quanto custa exame de dor no peito", None),
        ("estou com pressa hoje porque quanto custa exame dor no peito", None),
        ("sem dor no peito", None),
        ("ano passado dor no peito", None),
        ("ano passado . dor no peito", "heart"),
        ("pai infartou quanto custa exame", "heart"),
        ("pai infartou ano passado", None),
        ("se pai infartou", None),
        ("cachorro infartou", None),
        ("quero morrer ano passado quanto custa", "suicide"),
        ("quero morrer de rir", None),
        ("nao quero morrer", None),
        ("quero morrer de rir mas dor no peito", "heart"),
        ("bom dia", None),
    ],
)
def test_a_sign_counts_by_what_stands_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, kind: str | None
) -> None:
    monkeypatch.setattr(files, "_FOLDER", tmp_path)
    (tmp_path / "signs.txt").write_text(SIGNS, "utf-8")
    (tmp_path / "context.txt").write_text(CONTEXT, "utf-8")
    signs, context = PhraseList(["signs.txt"], {}), PhraseList(["context.txt"], {})
    assert emergency_of(f" . {text} ", signs, context) == kind
