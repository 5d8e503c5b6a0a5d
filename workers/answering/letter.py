"""What a letter asks. Pure.

Whoever writes by e-mail begins with a subject and a salutation, says who they are and why they
write, asks in a polite sentence and thanks beforehand. Searched and picked as one text, all that
drowns the question. So a letter is taken apart: its subject is what the question goes on from, and
sentences are left out that can change no answer. That is told by the words that they may have: what
says anything else ("tenho 14 anos", "estou grávida", "meu plano é o Essencial") stays before the
question, for an answer without it could be wrong.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ingestion.folding import fold
from workers.answering.quoting.features import content
from workers.answering.quoting.kinds import CLOCK, CONTACT, PLACE, PRICE

#: Fewest words of a letter without a subject: chat messages have fewer.
_FEWEST: Final = 20
#: Most words of a line that is a subject or a salutation.
_SHORT: Final = 12

_SALUTATION: Final = re.compile(
    r"\W*(?:prezad[oa]s?|car[oa]s?|ola|oi|bom dia|boa (?:tarde|noite)|saudacoes|senhor(?:es|as?)?"
    r"|exm[oa]s?|dear|hello|hi|good (?:morning|afternoon|evening))\b"
)
#: What a subject begins with before it says what it is about.
_ABOUT: Final = re.compile(
    r"\W*(?:d[uú]vidas?|perguntas?|informa[cç](?:[aã]o|[oõ]es)|orienta[cç](?:[aã]o|[oõ]es)|ajuda"
    r"|question|information)\b(?: (?:sobre|quanto|referentes?|about)\b)?(?: (?:[ao]s?|à|ao)\b)?\W*",
    re.IGNORECASE,
)
#: A sentence that only is polite, folded; it may name whom it is polite to.
_COURTESY: Final = re.compile(
    r"\W*(?:(?:espero|tudo) .{0,30}\bbem\b"
    r"|(?:e )?(?:desde ja|antecipadamente|muito|mais uma vez)?,? ?"
    r"(?:obrigad|agrade[cs]|grat[ao]s?\b|valeu)|certa? de sua|(?:fico|ficamos|no)? ?(?:no )?aguard"
    r"|fiquem? com deus|um (?:forte |grande )?abraco|boas festas|bom trabalho"
    r"|thank|looking forward)"
)
#: Words of a sentence that is no mere courtesy, folded: "agradeço se puderem informar o valor".
_ASKED_FOR: Final = re.compile(
    r"\b(?:se|inform\w+|valor\w*|preco\w*|hor[ao]\w*|quant\w+|qual|quando|onde|como|confirm\w+"
    r"|envi\w+|exames?|resultados?|laudos?|consultas?|agend\w+|marca\w+)\b"
)
#: Whom a salutation may name, folded.
_GREETED: Final = re.compile(
    r"\b(?:equipe|pessoal|senhor(?:es|as?)?|srs?|sras?|doutor(?:es|as?)?|drs?|dras?|clinica"
    r"|recepcao|atendentes?|atendimento|todos|todas|tudo|bem|bom|boa|dia|tarde|noite|ola|oi|team"
    r"|prezad[oa]s?|car[oa]s?|espero|que|estejam|voces?|com|esteja|d[aeo]s?|a|o|e|por|ai)\b"
)
#: Where a sentence ends: not behind a title, nor within a number.
_SENTENCE: Final = re.compile(
    r"(?<=[.!?])(?<!\bDr\.)(?<!\bDra\.)(?<!\bSr\.)(?<!\bSra\.)(?<!\bdr\.)(?<!\bdra\.)(?<!\bprof\.)\s+"
)
#: What leads up to a question without being one, folded; the question follows it.
_LEAD: Final = re.compile(
    r"(?:\b(?:e|mas|por isso|entao),? )?(?:\beu )?"
    r"\b(?:gostari\w+|queri\w+|quero|preciso|precisava|desejo|desejaria)\b"
    r"(?:, [^,]{4,20},)?,? (?:de )?(?:saber|perguntar|confirmar|entender)"
    r"(?:,? (?:por favor|por gentileza),?)?(?: (?:tambem|apenas|so))?:?(?: se\b)? "
    r"|(?:\bpor (?:favor|gentileza),? )?(?:\bvoces? )?\b(?:poderiam?|podem|pode|conseguem)"
    r"(?:, [^,]{4,20},)? (?:por favor |por gentileza )?me "
    r"(?:informar|dizer|esclarecer|orientar|confirmar|responder)"
    r"(?:,? (?:por favor|por gentileza),?)?(?: se\b| sobre\b| de(?= quant))? "
    r"|[^:]*\b(?:duvidas?|perguntas?|perguntar|uma coisa|o seguinte)[^:]{0,20}: "
)
#: What asks without a question mark, folded: for an answer, or for something to be done.
_REQUEST: Final = re.compile(
    r"\A\W*(?:e )?(?:qual|quais|quant[oa]s?|quando|onde|como (?:faco|posso|devo)|favor|solicit\w+"
    r"|peco)\b"
    r"|\bnao sei (?:se|qual|quant\w+|como|quando|onde|que)\b|\bduvidas? (?:se|sobre|quanto|de)\b"
    r"|\b(?:me |nos )?inform(?:em|e)\b|\bagradec\w+ (?:muito )?se\b"
    r"|\baguardo (?:a |o )?(?:confirmacao|envio|resultado|agendamento|devolucao)"
    r"|\bgostari\w+ (?:muito )?de (?!conhecer\b|faze\w+\b|saber\b)\w+"
    r"|\b(?:quero|queria|preciso|precisava|desejo|venho|poderiam?|podem|tem como)\b.{0,40}"
    r"\b(?:remarcar|desmarcar|cancelar|confirmar|adiar|antecipar|alterar|trocar|enviar|mandar"
    r"|solicitar|registrar|reclamar|corrigir|atualizar|devolver|reembols\w+)\b"
)
#: Between two questions of one polite sentence: "saber o preço e se é preciso agendar".
_AND_WHETHER: Final = re.compile(
    r",? e (?:(?:gostari\w+ de saber |tambem ),?)?se (?=(?:e|ha|voces?|tem|posso|pode|preciso"
    r"|precisa|devo|deve|existe|aceitam?|fazem|atendem)\b)"
)
#: Why somebody asks, behind the question.
_REASON: Final = re.compile(r", (?:pois|porque|ja que|visto que|uma vez que|para que)\b")

#: A person's name behind what says that it is one, as written.
_NAMED: Final = re.compile(
    r"\b(?:(?:[Mm]eu nome é|[Mm]e chamo|[Ss]ou [oa]|[Aa]qui é [oa]|[Dd]r\.|[Dd]ra\.|[Dd]outora?"
    r"|[Dd]ona|[Ss]eu|[Ss]r\.|[Ss]ra\.|[Pp]rof\.)(?: |\Z))+"
    r"[A-ZÀ-Ý][\w'-]+(?: (?:d[aeo]s? )?[A-ZÀ-Ý][\w'-]+)*"
)
#: Days and hours of an appointment.
_WHEN: Final = re.compile(
    r"\b\d{1,2} ?h(?:s|rs|oras)?(?: ?\d\d)?\b|\bdia \d{1,2}\b(?: de \w+)?|\b\d{1,2}/\d{1,2}\b"
    r"|\b(?:segunda|terca|quarta|quinta|sexta)(?:-| )?(?:feira)?\b|\bsabado\b|\bdomingo\b"
)
#: One of the clinic's places, as written.
_UNIT: Final = re.compile(r"\b(?:na|da|em|a) [Uu]nidade (?:[Dd]o )?[A-ZÀ-Ý]\w+")
#: Who pays for themselves: the clinic's prices are theirs.
_PRIVATE: Final = re.compile(
    r"\b(?:sem|nao (?:tenho|temos|possuo|possuimos)(?: mais)?(?: nenhum)?) (?:plano|convenio)\b"
    r"(?: de saude| medico)?"
)
#: How old somebody is: it changes no price, place or hour.
_AGE: Final = re.compile(r"\b(?:de|com|tem|tenho|faz|fez|completou) \d{1,3} anos\b")
#: What rules are made for, folded: of whom it is said, no rule for others is an answer.
_CONDITION: Final = re.compile(
    r"\b(?:gravid|gestan|gestac|amament|bebe|crianca|filh[oa]|net[oa]s?\b|diabet|insulin|marca-?passo"
    r"|alergi|anticoagul|renal|rins?\b|dialise|cancer|quimio|asma|epilep|convuls|oper(?:ei|ad|ou)"
    r"|cirurgi|febre|gripad|resfriad|imunid|transplant|protese|implante|deficien|autis|surd)"
)
#: What points at something that was said before, folded.
_POINTS: Final = re.compile(r"\b(?:n?ess[ea]s?|n?est[ea]s?|isso|nisso|n?aquel[ea]s?|mesm[oa])\b")
#: What asks for a place or an hour.
_OF_PLACES: Final = (CLOCK, PLACE, CONTACT)
#: Words of sentences that change no answer, folded, in the form of the dictionary.
_SAYING_NOTHING: Final = frozenset((
    "nome", "chamar", "paciente", "cliente", "clinica", "clinico", "equipe", "pessoal", "voces",
    "exame", "consulta", "procedimento", "marcar", "marcado", "marcada", "agendar", "agendado",
    "agendamento", "realizar", "pedir", "pedido", "solicitar", "indicar", "orientar", "recomendar",
    "encaminhar", "medico", "medica", "doutor", "ginecologista", "urologista", "cardiologista",
    "ortopedista", "neurologista", "gastro", "especialista", "clinico", "posto", "postinho",
    "vez", "primeiro", "nunca", "ainda", "sempre", "algum", "tempo", "duvida", "pergunta",
    "querer", "gostar", "saber", "preciso", "precisar", "conseguir", "ficar", "perguntar",
    "esquecer", "coisa", "conhecer", "marcacao", "retorno", "tudo", "bem", "talvez", "pegar",
    "correr", "momento", "perto", "longe", "trabalho", "trabalhar", "viajar", "viagem", "umar",
    "prezado", "senhor", "favor", "gentileza", "atendente", "gentil", "apenas", "preocupado",
    "rotina", "mesmo", "mesma", "lugar", "todo", "pois", "porque", "mas", "outro", "pelar", "pela",
    "mae", "pai", "marido", "esposo", "esposa", "irmao", "irma", "sogro", "sogra", "tio", "tia",
    "ola", "comigo", "saudar", "atenciosamente", "familia", "cedo", "horario",
))  # fmt: skip
#: Those that change what is asked of a place or an hour.
_TIMES: Final = frozenset((
    "hoje", "ontem", "amanha", "manha", "semana", "mes", "ano", "proximo", "ultimo", "passado",
    "passada", "proxima", "ultima", "vir", "hora", "seguinte", "inicio", "comecar", "fim", "final",
    "unidade", "cidade", "regiao", "casa", "morar", "mudar",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class LetterQuestion:
    """One question of a letter.

    Attributes:
        text: as it was asked.
        needed: sentences of the letter without which it is another question.
        told: the other sentences that may change its answer.
    """

    text: str
    needed: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter asks.

    Attributes:
        topic: what its questions are about: its subject; empty where it has none.
        questions: at least one.
    """

    topic: str
    questions: tuple[LetterQuestion, ...]


def letter_of(text: str) -> Letter | None:
    """What a letter asks; None where the text is none, or nothing in it asks."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    topic = lines[0] if _has_subject(lines) else ""
    rest = lines[1:] if topic else lines
    if not rest or (not topic and len(text.split()) < _FEWEST):
        return None
    sentences = [*_sentences(rest)]
    if not topic and not any(_is_courtesy(each) for each in sentences):
        return None
    questions = tuple(_questions([each for each in sentences if not _is_courtesy(each)]))
    return Letter(_about(topic), questions) if questions else None


def _about(subject: str) -> str:
    """A subject without "Dúvida sobre a"."""
    opening = _ABOUT.match(subject)
    return (subject[opening.end() :] if opening else "") or subject


def _has_subject(lines: Sequence[str]) -> bool:
    """Whether the first line is a subject: short, no sentence, above a salutation."""
    if len(lines) < 2 or len(lines[0].split()) > _SHORT or lines[0][-1] in ".!?,:;":  # noqa: PLR2004 - a subject and a text
        return False
    return not _SALUTATION.match(fold(lines[0])) and bool(_SALUTATION.match(fold(lines[1])))


def _sentences(lines: Sequence[str]) -> Iterator[str]:
    """The sentences; a salutation in a line of its own is one, and other lines run on."""
    running = ""
    for line in lines:
        if _SALUTATION.match(fold(line)) and len(line.split()) <= _SHORT:
            yield from filter(None, (running, line))
            running = ""
        else:
            running = f"{running} {line}".strip()
    yield from (each for each in _SENTENCE.split(running) if each)


def _is_courtesy(sentence: str) -> bool:
    """Whether a sentence only greets or thanks, and asks nothing beside it."""
    plain = fold(sentence)
    if len(plain.split()) > _SHORT or _ASKED_FOR.search(plain):
        return False
    if _SALUTATION.match(plain):
        words = _without(_GREETED, _without(_SALUTATION, sentence)).split()
        return all(not any(map(str.isalnum, word)) or word[:1].isupper() for word in words)
    return _COURTESY.match(plain) is not None


def _questions(sentences: Sequence[str]) -> Iterator[LetterQuestion]:
    """The questions, each with what else is told and may change its answer."""
    told: list[str] = []
    questions: list[str] = []
    for context, asked in map(_asked, sentences):
        told += context
        questions += asked
    for number, question in enumerate(questions):
        own = [each for each in told if not _says_nothing(each, question)]
        points = number == 0 and _POINTS.search(fold(question)) is not None
        needed = [each for each in own if points or _CONDITION.search(fold(each))]
        rest = [each for each in own if each not in needed]
        yield LetterQuestion(question, " ".join(needed), " ".join(rest))


def _asked(sentence: str) -> tuple[list[str], list[str]]:
    """What a sentence tells, and what it asks."""
    plain = fold(sentence)
    lead = _LEAD.search(plain) if len(plain) == len(sentence) else None
    if lead is None:
        asks = sentence.endswith("?") or _REQUEST.search(plain)
        return ([], [sentence]) if asks else ([sentence], [])
    context = [sentence[: lead.start()].strip(" ,;-")]
    question, plain = sentence[lead.end() :], plain[lead.end() :]
    if reason := _REASON.search(plain):
        context.append(question[reason.end() :].strip(" .?!"))
        question, plain = question[: reason.start()], plain[: reason.start()]
    parts, start = [], 0
    for between in _AND_WHETHER.finditer(plain):
        parts.append(question[start : between.start()])
        start = between.end()
    parts.append(question[start:])
    requests = [each for each in context if _REQUEST.search(fold(each))]
    told = [f"{each}." for each in context if each and each not in requests]
    return told, [f"{part.strip(' .,?!')}?" for part in (*requests, *parts)]


def _says_nothing(sentence: str, question: str) -> bool:
    """Whether a sentence can change no answer to a question."""
    asked = fold(question)
    rest, words = _NAMED.sub(" ", sentence), _SAYING_NOTHING
    if not any(kind.asks.search(asked) for kind in _OF_PLACES):
        rest, words = _without(_WHEN, _UNIT.sub(" ", rest)), words | _TIMES
    if PRICE.asks.search(asked):
        rest = _without(_AGE, _without(_PRIVATE, rest))
    return not content(rest) - words


def _without(pattern: re.Pattern[str], text: str) -> str:
    """A text without what a pattern finds in it, folded; its accents stay."""
    plain = fold(text)
    if len(plain) != len(text):
        return text
    for match in pattern.finditer(plain):
        start, end = match.span()
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text
