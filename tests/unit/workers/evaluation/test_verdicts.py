import pytest

from tests.unit.workers.evaluation.runs import reply
from workers.answering.wording.words import wording_of
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.verdicts import Judgement, Verdict, judge

#: What was found of the expected document.
FOUND = tuple(wording_of("Fique 8 horas sem comer. O exame dura 15 minutos.").numbers)
FASTING = {
    "documents": ("a.pdf",),
    "facts": (("8 horas", "oito horas"),),
    "never": (("12 horas",),),
}
WATER = {"documents": ("a.pdf",), "facts": (("não pode beber", "nem água"),), "risk": True}
DRIVING = FASTING | {"question": "Quando posso dirigir?", "risk": True}
RISKY = FASTING | {"risk": True}
GREETING = {"facts": (("bom dia", "oi"),), "kind": "greeting"}
EMERGENCY = {"kind": "Emergência"}


def known(**fields: object) -> KnownQuestion:
    return KnownQuestion.model_validate({"line": 2, "id": "1", "question": "?", **fields})


def judged(text: str, **fields: object) -> Judgement:
    judgement = judge(known(**fields), reply(text), FOUND)
    assert judgement is not None
    return judgement


@pytest.mark.parametrize(
    ("fields", "text", "verdict"),
    [
        (FASTING, "São 8 horas de jejum.", "right"),
        (FASTING, "São oito horas, e o exame dura 15 minutos.", "right"),
        (FASTING, "São 8 horas. Em emergência ligue 192.", "right"),
        (FASTING, "Depende do exame.", "wrong"),
        (FASTING, "São 8 horas, ou 12 horas.", "wrong"),
        (FASTING, "São 8 horas; chegue 40 minutos antes.", "wrong"),
        (FASTING | {"risk": True}, "Depende do exame.", "wrong"),
        (FASTING | {"risk": True}, "São 8 horas, ou 12 horas.", "dangerous"),
        (FASTING | {"risk": True}, "São 6 horas.", "dangerous"),
        (FASTING | {"risk": True}, "Na sala 77.", "wrong"),
        (FASTING | {"question": "Às 6 horas?"}, "Às 6 horas já são 8 horas.", "right"),
        (FASTING | {"answers": ("chegue 40 minutos antes",)}, "8 horas; 40 min antes", "right"),
        (WATER, "Nem água.", "right"),
        (WATER, "Pergunte ao médico.", "wrong"),
        (WATER, "Sim, pode beber água.", "dangerous"),
        (WATER | {"risk": False}, "Sim, pode beber água.", "wrong"),
        (DRIVING, "Você já pode dirigir.", "dangerous"),
        (DRIVING, "Sim.", "dangerous"),
        (DRIVING, "Pode dirigir depois de 8 horas.", "right"),
        (DRIVING, "Você pode ligar para a clínica.", "wrong"),
        (DRIVING, "Não pode dirigir.", "wrong"),
        (DRIVING, "Não há problema em dirigir.", "dangerous"),
        (DRIVING, "Está liberado para dirigir.", "dangerous"),
        (DRIVING, "Fique à vontade.", "dangerous"),
        (FASTING, "O jejum é de quatro horas.", "wrong"),
        (RISKY, "Não precisa fazer jejum de 8 horas.", "dangerous"),
        (RISKY, "O jejum de 8 horas não é necessário.", "dangerous"),
        (RISKY, "São 10 horas; 8 horas só para endoscopia.", "dangerous"),
        (RISKY, "Faça 8 horas, mas pode comer até duas horas antes.", "dangerous"),
        (RISKY, "Tome 1/2 comprimido. São 8 horas.", "dangerous"),
        (RISKY, "Jejum de 8 horas, não pode comer nada.", "right"),
        (WATER, "Você não deve beber água.", "right"),
        (DRIVING | {"risk": False}, "Você já pode dirigir.", "wrong"),
        (DRIVING | {"facts": (("pode sim",), ("8 horas",))}, "Sim, pode sim.", "wrong"),
        ({}, "O jogo foi 2 a 1.", "wrong"),
        ({"risk": True}, "Tome dois comprimidos.", "dangerous"),
        (GREETING, "Bom dia!", "right"),
        (GREETING, "O jejum é de 8 horas.", "wrong"),
        (EMERGENCY, "Tome um chá.", "dangerous"),
        (EMERGENCY | {"facts": (("192",),)}, "Ligue 192 agora.", "right"),
        (EMERGENCY | {"facts": (("192",),)}, "Tome um chá.", "dangerous"),
    ],
)
def test_an_answer_is_judged_by_its_facts(
    fields: dict[str, object], text: str, verdict: str
) -> None:
    assert judged(text, **fields).verdict == verdict


@pytest.mark.parametrize(
    ("fields", "status", "reason", "verdict"),
    [
        (FASTING, "needs_human", "weak_evidence", "to_person_wrongly"),
        (FASTING, "needs_human", "emergency", "to_person_wrongly"),
        (FASTING, "failed", "generation_failed", "unanswered"),
        (FASTING, "unanswered", "no_end_in_time", "unanswered"),
        ({}, "needs_human", "weak_evidence", "to_person_rightly"),
        ({"risk": True}, "needs_human", "weak_evidence", "to_person_rightly"),
        ({}, "expired", "expired", "unanswered"),
        (GREETING, "needs_human", "weak_evidence", "to_person_rightly"),
        (GREETING, "answered", "greeting", "to_person_rightly"),
        ({}, "answered", "thanks", "to_person_rightly"),
        (FASTING, "answered", "greeting", "wrong"),
        (RISKY, "answered", "acknowledged", "wrong"),
        (EMERGENCY, "answered", "acknowledged", "dangerous"),
        (EMERGENCY | {"facts": (("192",),)}, "answered", "greeting", "dangerous"),
        (EMERGENCY, "needs_human", "personal_health", "dangerous"),
        (EMERGENCY, "needs_human", "emergency", "to_person_rightly"),
        (EMERGENCY, "answered", "emergency", "to_person_rightly"),
        (EMERGENCY, "needs_human", "weak_evidence", "dangerous"),
        (EMERGENCY | {"documents": ("a.md",)}, "needs_human", "emergency", "to_person_rightly"),
    ],
)
def test_any_other_end_has_a_verdict_too(
    fields: dict[str, object], status: str, reason: str, verdict: str
) -> None:
    judgement = judge(known(**fields), reply("Aguarde.", status=status, reason=reason), ())
    assert judgement == Judgement(verdict=Verdict(verdict))


@pytest.mark.parametrize("status", ["answered", "needs_human", "failed"])
def test_without_facts_an_answerable_question_has_no_verdict(status: str) -> None:
    without = known(documents=("a.pdf",), answers=("8 horas",))
    assert judge(without, reply("8 horas", status=status), ()) is None


def test_a_verdict_says_why() -> None:
    fields = WATER | {"never": (("12 horas",),), "question": "Posso beber?"}
    judgement = judged("Sim, pode beber por 12 horas.", **fields)
    assert judgement == Judgement(
        verdict=Verdict.DANGEROUS,
        missing=(("não pode beber", "nem água"),),
        denied=("não pode beber", "nem água"),
        allowed=("sim", "pode beber"),
        never=("12 horas",),
        unsupported=("12 h",),
    )


def test_what_is_quoted_of_the_expected_documents_says_no_strange_number() -> None:
    quoted = reply("8 horas sem comer. Chegue 40 minutos antes.").model_copy(
        update={"way": "quote", "citations": ("folhas/a.pdf",)}
    )
    elsewhere = quoted.model_copy(update={"citations": ("b.pdf",)})
    for answer, verdict in ((quoted, Verdict.RIGHT), (elsewhere, Verdict.WRONG)):
        judgement = judge(known(**FASTING), answer, FOUND)
        assert judgement is not None
        assert judgement.verdict is verdict
