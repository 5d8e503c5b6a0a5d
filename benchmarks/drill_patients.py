"""Patients who write to a clinic in a drill, and a Graph API that fails them at random."""

import itertools
import random
import threading
from collections import Counter
from typing import Final

from workers.simulation.whatsapp.faults import Fault, Faults, Way
from workers.simulation.whatsapp.graph import StrictGraph
from workers.simulation.whatsapp.phone import Phone

#: What becomes of a call that sends, and how often.
WAYS: Final[tuple[tuple[Fault | None, int], ...]] = (
    (None, 700),
    (Fault(Way.SILENCE, accepts=True), 40),
    (Fault(Way.CLOSE, accepts=True), 40),
    (Fault(Way.STATUS, http=504, accepts=True), 40),
    (Fault(Way.SILENCE), 30),
    (Fault(Way.CLOSE), 30),
    (Fault(Way.LATE, seconds=0.5), 30),
    (Fault(Way.REFUSE, code=131000), 30),
    (Fault(Way.REFUSE, code=131056), 20),
    (Fault(Way.REFUSE, code=130429), 15),
    (Fault(Way.REFUSE, code=80007), 15),
    (Fault(Way.REFUSE, code=131026, failed_status=True), 10),
)
#: Of a hundred contacts: those whose number WhatsApp does not tell.
_NUMBERLESS: Final = 40
#: What a bubble is, and how often. All but the last two carry a mark of their own.
_KINDS: Final = ("question", "person", "image", "greeting", "voice")
_KIND_WEIGHTS: Final = (84, 3, 4, 4, 5)
#: How many changes a post holds, how often it comes, and how many bubbles a patient writes at once.
_BATCHES, _COPIES, _BURSTS = (1, 1, 2, 3, 5), (1, 1, 2, 3), (1, 1, 1, 2, 3)


class RandomFaults(Faults):
    """Fails any call by chance, until it is calm. Safe for threads."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance, self._guard = chance, threading.Lock()
        self.calm = False
        self.counts: Counter[str] = Counter()

    def take(self, on: str) -> Fault | None:
        """The fault of a call that has come; None where it goes well."""
        if self.calm or on != "messages":
            return None
        ways, weights = [way for way, _ in WAYS], [weight for _, weight in WAYS]
        with self._guard:
            (fault,) = self._chance.choices(ways, weights)
            if fault is not None:
                self.counts[str(fault.way)] += 1
            return fault


class Patients:
    """Some hundreds of contacts.

    Attributes:
        sent: the texts that each wrote, by the contact's place; empty for a voice note.
        rekeyed: how often one got another user id or number.
    """

    def __init__(self, graph: StrictGraph, count: int, chance: random.Random) -> None:
        self._graph, self._chance = graph, chance
        self._marks = itertools.count()
        self._phones = [self._join(place) for place in range(count)]
        self.sent: list[list[str]] = [[] for _ in range(count)]
        self.rekeyed = 0

    def _join(self, place: int) -> Phone:
        has_number = self._chance.randrange(100) >= _NUMBERLESS
        number = f"+5541{900_000_000 + place}" if has_number else None
        return self._graph.patient(f"Paciente {place}", number)

    def place_of(self, user_id: str) -> int | None:
        """Which contact has a user id now."""
        places = (n for n, phone in enumerate(self._phones) if phone.patient.user_id == user_id)
        return next(places, None)

    def write(self, patients: int) -> None:
        """So many of them write, and now and then one gets another identity."""
        for _ in range(patients):
            place = self._chance.randrange(len(self._phones))
            if self._chance.random() < 0.04:  # noqa: PLR2004 - one in 25
                self._rekey(place)
            for _ in range(self._chance.choice(_BURSTS)):
                self._write(place)

    def post(self) -> None:
        """Let go what was held: batched, repeated, mixed."""
        self._graph.courier.release(
            batch=self._chance.choice(_BATCHES),
            copies=self._chance.choice(_COPIES),
            shuffle=self._chance,
        )

    def _write(self, place: int) -> None:
        phone, mark = self._phones[place], f"c{place:04}n{next(self._marks):05}"
        (kind,) = self._chance.choices(_KINDS, _KIND_WEIGHTS)
        text = {
            "question": f"Qual é o preparo da colonoscopia, pedido {mark}?",
            "person": f"Quero falar com um atendente sobre o pedido {mark}",
            "image": f"Este é o pedido {mark}",
            "greeting": "Bom dia",
            "voice": "",
        }[kind]
        if kind == "image":
            phone.sends("image", text)
        elif kind == "voice":
            phone.sends("audio")
        else:
            phone.writes(text)
        self.sent[place].append(text)

    def _rekey(self, place: int) -> None:
        phone = self._phones[place]
        if phone.patient.phone is not None and self._chance.random() < 0.5:  # noqa: PLR2004 - half
            phone.changes_number(f"+5511{900_000_000 + next(self._marks)}")
        else:
            phone.changes_user_id()
        self.rekeyed += 1
