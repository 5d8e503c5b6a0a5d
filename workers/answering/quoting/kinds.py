"""What kinds of things questions ask for, and how the answers to each look. Pure."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple


class AnswerKind(NamedTuple):
    """Patterns of folded text."""

    asks: re.Pattern[str]
    answers: re.Pattern[str]


def _kind(asks: Sequence[str], answers: Sequence[str]) -> AnswerKind:
    return AnswerKind(re.compile("|".join(asks)), re.compile("|".join(answers)))


PRICE: Final = _kind(
    (
        r"quanto (?:custa|sai|e\b|eh|fica|cobra|vou pagar|pago|vale|cobram|ta\b)",
        r"valor|preco|quanto (?:o|a|um|uma|pra)\b|taxa|multa|r\$|how much|price|cost",
    ),
    (r"r\$|gratuit|gratis|sem custo|parcel|cobr|desconto|free|charge",),
)
TIME: Final = _kind(
    (
        r"quanto tempo|quantas horas|quantos dias|quantos minutos|demora|prazo|quando",
        r"a partir de|depois de|quantos meses|semanas|\bdias\b|\bhoras\b|ate que",
        r"how long|when",
    ),
    (
        r"\d+\s*(?:h\b|hora|dia|semana|mes|minuto|ano|hour|day|week|month|year)",
        (
            r"(?:uma?|dois|duas|tres|quatro|cinco|seis|sete|oito|dez|doze|quinze|trinta) "
            r"(?:hora|dia|semana|mes|minuto)"
        ),
        r"na hora|mesmo dia|imediat|vespera",
    ),
)
CLOCK: Final = _kind(
    (
        r"que horas?|horario|\babre|\bfecha|funciona|atende|abert[oa]|sabado|domingo|feriado",
        r"dias? da semana|que dia|opening|saturday|sunday",
    ),
    (
        r"\d+\s*h|segunda|terca|quarta|quinta|sexta|sabado|domingo|feriado|24 horas",
        r"monday|tuesday|wednesday|thursday|friday|saturday|sunday",
    ),
)
PLACE: Final = _kind(
    (r"\bonde\b|endereco|qual unidade|\bfica\b|\brua\b|lugar|como chego|andar|where|address",),
    (r"avenida|\brua\b|sala|andar|unidade|praca|bairro|terreo|recepcao|rodovia|street|floor",),
)
CONTACT: Final = _kind(
    (r"telefone|whats|\bzap\b|ligar|numero|contato|\bfone\b|e-?mail|\bsite\b|phone",),
    (r"\(\d\d\)|\d{4}-?\d{4}|0800|whatsapp|@|www|telefone|ligue|phone",),
)
PERSON: Final = _kind(
    (
        r"\bquem\b|qual (?:medic|dr|doutor|profission|dentista)",
        r"medic[oa]|doutora?|\bdra?\b|who",
    ),
    (r"\bdra?\b|doutora?|profissional|medic[oa]|enfermeir|tecnic",),
)
PERMISSION: Final = _kind(
    (
        r"\b(?:posso|pode|podem|precisa|preciso|tem que|tenho que|da pra|da para|aceita\w*)\b",
        r"\b(?:fazem|faz|obrigatori[oa]|atendem|consigo|consegue|devo|tem como|tem problema)\b",
        r"\b(?:can i|may i|do i|need)\b",
    ),
    (
        r"\b(?:nao|pode|podem|precisa\w*|obrigatori[oa]|deve\w*|aceit\w+|permitid[oa])\b",
        r"\b(?:possivel|sim|so|proibid[oa]|evite|suspend\w+|mantenha|continue|sem)\b",
        r"\b(?:traga|exig\w+|may|must|can|not|no)\b",
    ),
)
KINDS: Final = (PRICE, TIME, CLOCK, PLACE, CONTACT, PERSON, PERMISSION)
