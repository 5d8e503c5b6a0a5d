"""Who of a chat is the clinic. Pure."""

from collections.abc import Sequence
from typing import Final

from workers.channels.backfill.sources.source import SourceError
from workers.channels.backfill.sources.whatsapp.names import is_same, sounds_like_clinic
from workers.channels.backfill.sources.whatsapp.survey import ChatSurvey, Person

#: Names that an error lists.
_LISTED: Final = 5


def clinic_of(
    surveys: Sequence[ChatSurvey], contacts: Sequence[str], said: Sequence[str]
) -> frozenset[str]:
    """The names under which the clinic writes in a source's chats.

    Without the user's word, in this order: names that sound like a clinic's; who writes in more
    chats than anybody else; who is not the contact after whom an export is called; who replies to
    questions most, and asks least.

    Args:
        surveys: of its chats.
        contacts: with whom each chat is, by its file's name; empty where that says nothing.
        said: what the user says.

    Raises:
        SourceError: nobody writes under a name that the user says.
    """
    people = _together(surveys)
    if said:
        named = frozenset(name for name in people if any(is_same(name, each) for each in said))
        if people and not named:
            raise SourceError(_unknown(said, people))
        return named
    if sounding := frozenset(name for name in people if sounds_like_clinic(name)):
        return _likeliest(sounding, people, surveys)
    most = max((person.chats for person in people.values()), default=0)
    everywhere = [name for name, person in people.items() if person.chats == most]
    if most > 1 and len(everywhere) == 1:
        return frozenset(everywhere)
    others = _beside_contacts(surveys, contacts)
    candidates = others or ([*people] if _has_two(surveys) else [])
    return frozenset([max(candidates, key=lambda name: _rank(people[name]))] if candidates else [])


def _likeliest(
    names: frozenset[str], people: dict[str, Person], surveys: Sequence[ChatSurvey]
) -> frozenset[str]:
    """Of names that sound like a clinic's, all of a group; of a chat of two, one."""
    whole = any(names >= survey.people.keys() and len(survey.people) > 1 for survey in surveys)
    if not whole:
        return names
    return frozenset([max(sorted(names), key=lambda name: _rank(people[name]))])


def _beside_contacts(surveys: Sequence[ChatSurvey], contacts: Sequence[str]) -> list[str]:
    """Who writes in chats of two and is not the contact."""
    others: list[str] = []
    for survey, contact in zip(surveys, contacts, strict=True):
        named = [
            name
            for name in survey.people
            if any(known and is_same(name, known) for known in (contact, survey.title))
        ]
        if named and len(survey.people) == len("ab"):
            others += [name for name in survey.people if name not in named]
    return others


def _has_two(surveys: Sequence[ChatSurvey]) -> bool:
    return any(len(survey.people) > 1 for survey in surveys)


def _rank(person: Person) -> tuple[int, int, int]:
    return person.chats, person.replies - person.questions, person.messages


def _together(surveys: Sequence[ChatSurvey]) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for survey in surveys:
        for name, person in survey.people.items():
            if name in people:
                whole = people[name]
                people[name] = Person(
                    whole.messages + person.messages,
                    whole.replies + person.replies,
                    whole.questions + person.questions,
                    whole.chats + 1,
                )
            else:
                people[name] = person
    return people


def _unknown(said: Sequence[str], people: dict[str, Person]) -> str:
    most = sorted(people, key=lambda name: -people[name].messages)[:_LISTED]
    listed = ", ".join(f"'{name}'" for name in most)
    names = " or ".join(f"'{each}'" for each in said)
    return (
        f"Nobody called {names} writes in this chat. Nothing "
        f"was read. Say with --clinic who of it is the clinic; most is written by {listed}."
    )
