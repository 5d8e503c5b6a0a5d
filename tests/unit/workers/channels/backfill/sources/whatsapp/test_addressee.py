from datetime import datetime, timedelta

from workers.channels.backfill.sources.checking import ZONE
from workers.channels.backfill.sources.whatsapp.addressee import addressee
from workers.channels.backfill.sources.whatsapp.exchange import Asker, Bubble, Burst

NOON = datetime(2026, 9, 19, 12, tzinfo=ZONE)


def asker(name: str, minutes_ago: float | None = None) -> Asker:
    """One who asked so long before noon."""
    known = Asker(name)
    if minutes_ago is not None:
        burst = Burst([Bubble("qual o valor?", NOON - timedelta(minutes=minutes_ago))])
        known.ask("qual o valor?", burst)
    return known


def name_of(text: str, *askers: Asker, before: Asker | None = None) -> str:
    known = addressee(text, {each.name: each for each in askers}, NOON.timestamp(), before)
    return known.name if known else ""


def test_in_a_chat_of_two_all_is_for_the_other() -> None:
    assert name_of("Atendemos", asker("Ana")) == "Ana"
    assert name_of("Atendemos") == ""


def test_in_a_group_it_is_who_is_named() -> None:
    group = asker("Ana Souza", 5), asker("Bia", 4)
    for text in ("@Ana Souza atendemos", "Ana Souza, atendemos", "Ana, atendemos", "ana: sim"):
        assert name_of(text, *group) == "Ana Souza"


def test_a_beginning_that_only_resembles_a_name_names_nobody() -> None:
    group = asker("Ana", 5), asker("Bia", 4)
    assert name_of("Anamnese é feita na hora", *group) == ""
    assert name_of("Os dois", asker("O", 5), asker("Bia", 4)) == ""


def test_one_name_of_two_people_names_nobody() -> None:
    assert name_of("Ana, sim", asker("Ana Souza", 5), asker("Ana Lima", 4)) == ""


def test_else_it_is_the_only_one_who_waits() -> None:
    assert name_of("Atendemos", asker("Ana", 5), asker("Bia")) == "Ana"
    assert name_of("Atendemos", asker("Ana", 5), asker("Bia", 300)) == "Ana"
    assert name_of("Atendemos", asker("Ana", 5), asker("Bia", 6)) == ""


def test_what_follows_at_once_is_for_the_same_one() -> None:
    before = asker("Ana", 5)
    before.spoken_to_at = NOON.timestamp() - 60
    assert name_of("e traga o pedido", before, asker("Bia", 4), before=before) == "Ana"
    before.spoken_to_at = NOON.timestamp() - 600
    assert name_of("e traga o pedido", before, asker("Bia", 4), before=before) == ""
