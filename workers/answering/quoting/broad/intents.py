"""What a question can ask for as a whole: a preparation, all plans, the prices. Pure."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple


class Intent(NamedTuple):
    """Patterns of folded text.

    Attributes:
        name: in English.
        asks: what a question says that asks for it.
        heads: what a title or heading says above it.
        skips: headings of a sheet that are about something else.
        of_subject: whether it is of one exam or treatment, and not of the clinic.
    """

    name: str
    asks: re.Pattern[str]
    heads: re.Pattern[str]
    skips: re.Pattern[str] | None = None
    of_subject: bool = False


def _intent(
    name: str, asks: Sequence[str], heads: str, skips: str = "", *, of_subject: bool = False
) -> Intent:
    ways = "|".join(asks)
    return Intent(
        name,
        re.compile(rf"\b(?:{ways})\b"),
        re.compile(rf"\b(?:{heads})"),
        re.compile(rf"\b(?:{skips})") if skips else None,
        of_subject,
    )


PREPARATION: Final = _intent(
    "preparation",
    (
        r"(?:como )?(?:(?:eu )?me )?prepar(?:o|a|ar|acao|atorio|ativos?|ado|ada)(?: antes)?",
        r"(?:o que )?(?:devo |preciso |tenho que )?fazer antes|cuidados antes",
        r"prepare|preparation|prep",
    ),
    "prepar|antes|como vir|prepare",
    "depois|apos|pos-|recuperac|sinais|alerta|o que e\\b|atestado|resultado|laudo|prazos?\\b|after"
    "|recovery",
    of_subject=True,
)
CARE: Final = _intent(
    "care",
    (
        r"(?:quais )?(?:os )?cuidados?(?: (?:depois|apos|pos))?|recupera(?:cao|r|rao)",
        r"pos[- ]?operatorio|pos[- ]?cirurgico|repouso|orientac(?:ao|oes) (?:depois|apos)",
        r"(?:o que )?(?:devo |preciso |tenho que )?fazer (?:depois|apos)|aftercare|recovery|care",
    ),
    "cuidad|recuperac|depois|apos|pos-|orientac|duvidas do dia|after|recovery|care",
    "antes|prepar|jejum|before|quem pode operar|regras antes",
    of_subject=True,
)
WHOLE: Final = _intent(
    "whole",
    (
        r"como (?:e|eh|funciona|funcionam|fica|ficam|faco|faz|sao)(?: feit[oa]s?)?",
        r"informac(?:ao|oes)(?: sobre)?|tudo sobre|sobre|explica(?:r)?|regras?|instruc(?:ao|oes)",
        r"orientac(?:ao|oes)",
        r"quais (?:os )?tipos|how does|information|rules",
    ),
    "",
    of_subject=True,
)
REFERRAL: Final = _intent(
    "referral",
    (r"encaminhamentos?|referral",),
    "encaminhament|referral",
)
PLANS: Final = _intent(
    "plans",
    (
        r"convenios?|planos?(?: de saude)?|operadoras?|seguros?(?: saude)?|cobrem?|cobertura",
        r"insurances?|health plans?|plans?",
    ),
    "convenio|plano|operadora|insurance|plans?\\b",
)
DOCTORS: Final = _intent(
    "doctors",
    (
        r"medic[oa]s?|doutor(?:a|es|as)?|dentistas?|profissiona(?:l|is)|especialistas?|equipe",
        r"ortopedistas?|oftalmologistas?|quem (?:atende|faz|trabalha)|especialidades?|doctors?",
    ),
    "(?<!pedido )medic|dentista|oftalmologista|ortopedista|quem atende|profissiona"
    "|corpo clinico|equipe|especialidade|doctors?",
)
DOCUMENTS: Final = _intent(
    "documents",
    (
        r"(?:o )?que (?:eu )?(?:devo|preciso|tenho que|precisa|e pra)? ?(?:levar|trazer)",
        r"documentos?|o que (?:levo|trago)|levar|trazer|documents?|bring",
    ),
    "document|(?<!quando )traz|levar|bring",
)
PAYMENT: Final = _intent(
    "payment",
    (r"(?:formas?|meios?|modos?) de pagamento|como (?:posso )?pag(?:ar|o)|payment",),
    "pagamento|payment",
)
PRICES: Final = _intent(
    "prices",
    (
        r"precos?|valor(?:es)?|quanto (?:custam?|fica|sai|saem|e|sao)|prices?|how much",
        r"tabela(?: de (?:precos|valores))?",
    ),
    "preco|valor|tabela de|prices?",
)
CANCELLING: Final = _intent(
    "cancelling",
    (
        r"cancel(?:ar|amento|amentos|o)|desmarc(?:ar|acao|o)|remarc(?:ar|acao|o)|faltas?|faltar",
        r"politica de \w+|cancel(?:l?ation)?",
    ),
    "cancel|desmarc|remarc|falta|atraso",
)
RESULTS: Final = _intent(
    "results",
    (r"(?:prazos? (?:dos? |de ))?(?:resultados?|laudos?)|results?",),
    "resultado|laudo|results?",
)
HOURS: Final = _intent(
    "hours",
    (
        r"horarios?(?: de (?:funcionamento|atendimento))?|(?:quais |que )?dias(?: de cada um)?",
        r"opening hours|hours",
    ),
    "horario|funcionamento|quando atende|hours",
)
PLACES: Final = _intent(
    "places",
    (r"enderecos?|onde (?:fica|ficam|e|sao)|localizac(?:ao|oes)|address(?:es)?|where",),
    "enderec|unidades?\\b|localizac|address",
)
INTENTS: Final = (
    PREPARATION, CARE, REFERRAL, PLANS, DOCTORS, DOCUMENTS, PAYMENT, PRICES, CANCELLING, RESULTS,
    HOURS, PLACES, WHOLE,
)  # fmt: skip
#: A table's cell that stands for whatever is asked for, folded.
ALL: Final = re.compile(r"(?:em )?(?:tod[ao]s|qualquer|all|any)\b")
#: What asks for prices of several things.
SEVERAL: Final = re.compile(
    r"\b(?:d[ao]s|precos|valores|custam|saem|ficam|sao|tabela|tipos|prices)\b"
)
#: The time that a question speaks of.
BEFORE: Final = re.compile(r"\b(?:antes|before)\b")
AFTER: Final = re.compile(r"\b(?:depois|apos|pos|after)\b")
#: Intents that another one says more of: "quais médicos atendem joelho, em que dias?".
LESSER: Final = (HOURS, WHOLE)
#: What "na consulta" says nothing more of.
OF_THE_CLINIC: Final = (REFERRAL, DOCUMENTS, PAYMENT, CANCELLING, HOURS, PLACES)
#: Whose exceptions stand in other sections of a sheet that is about nothing else.
WITH_EXCEPTIONS: Final = (CANCELLING, DOCUMENTS)
#: Titles of sheets about the clinic, folded: a heading of theirs needs no more words.
OFFICE: Final = re.compile(
    "|".join(intent.heads.pattern for intent in INTENTS if not intent.of_subject)
    + r"|\b(?:agendamento|atendimento|informac|politica|regras|contato|recepcao|clinica|office)"
)
#: Sections of a sheet that stand beside each answer from it: who is away, what is not done.
NOTICES: Final = re.compile(
    r"\b(?:ausencia|ferias|licenca|substituic|excec|atencao|observac|aviso|importante|notice"
    r"|nao (?:sao )?(?:aceit|atendi|cobert)|planos que nao)"
)
#: Sections of a sheet that hold before and after, whatever its title: who must not, when to call.
WARNINGS: Final = re.compile(
    r"\b(?:quem|quando (?:procur|ligar|chamar|nao|buscar|avisar|voltar)|sinais|alerta|ligar|procur"
    r"|venha|adi[ae]|gravid|gestan|amament|crianca|who|when (?:to|not)|warning|pregnan)"
)
#: What the sentences of a sheet say that answer an intent, where no heading does, folded.
SENTENCES: Final = {
    HOURS.name: re.compile(
        r"\d+\s*h|\b(?:segunda|terca|quarta|quinta|sexta|sabado|domingo|feriado)"
        r"|\b(?:24 horas|fecha|\w+day)"
    ),
    PLACES.name: re.compile(
        r"\b(?:rua|avenida|av\.|alameda|travessa|praca|rodovia|street|avenue) .*\d"
    ),
}
