import pytest

from workers.channels.backfill.sources.checking import ZONE
from workers.channels.backfill.sources.source import SourceError
from workers.channels.backfill.sources.whatsapp.clinic import clinic_of
from workers.channels.backfill.sources.whatsapp.messages import ChatForm
from workers.channels.backfill.sources.whatsapp.survey import ChatSurvey, Person

FORM = ChatForm(frozenset(), "dmy", ZONE)


def chat(title: str = "", **people: tuple[int, int, int]) -> ChatSurvey:
    """A chat of people with their messages, replies and questions."""
    known = {name.replace("_", " "): Person(*counts) for name, counts in people.items()}
    return ChatSurvey(FORM, known, title)


def clinic(*chats: ChatSurvey, contacts: tuple[str, ...] = (), said: tuple[str, ...] = ()) -> str:
    names = clinic_of(chats, contacts or [""] * len(chats), said)
    return ", ".join(sorted(names))


def test_a_name_that_clinics_have_is_the_clinic() -> None:
    assert clinic(chat(Maria=(90, 40, 0), Clínica_Sol=(10, 0, 5))) == "Clínica Sol"


def test_in_a_group_all_who_sound_so_are_the_clinic() -> None:
    group = chat(Ana=(9, 0, 5), Bia=(8, 0, 4), Recepção=(7, 5, 0), Dra_Eva=(3, 3, 0))
    assert clinic(group) == "Dra Eva, Recepção"


def test_where_both_sound_so_it_is_who_replies() -> None:
    assert clinic(chat(Dr_João=(5, 0, 4), Clínica_Sol=(5, 4, 0))) == "Clínica Sol"


def test_who_writes_in_all_chats_is_the_clinic() -> None:
    assert (
        clinic(chat(Ana=(9, 5, 0), Rita=(2, 0, 0)), chat(Bia=(9, 5, 0), Rita=(2, 0, 1))) == "Rita"
    )


def test_the_contact_after_whom_a_file_is_called_is_the_patient() -> None:
    assert clinic(chat(Ana=(9, 5, 0), Rita=(2, 0, 2)), contacts=("Ana",)) == "Rita"
    assert clinic(chat("~ Ana", Ana=(9, 5, 0), Rita=(2, 0, 2))) == "Rita"


def test_else_it_is_who_replies_to_questions() -> None:
    assert clinic(chat(Ana=(20, 0, 9), Rita=(10, 8, 1))) == "Rita"


def test_a_patient_alone_is_no_clinic() -> None:
    assert clinic(chat(Ana=(20, 0, 9))) == ""
    assert clinic() == ""


def test_what_the_user_says_goes_before_everything() -> None:
    group = chat(Ana=(9, 0, 5), Rita=(7, 5, 0), Recepção=(9, 9, 0))
    assert clinic(group, said=("ana", "~ Rita")) == "Ana, Rita"


def test_a_name_that_nobody_has_is_refused_with_those_who_write() -> None:
    with pytest.raises(SourceError, match=r"'Eva' or 'Lia'.*--clinic.*'Ana', 'Rita'"):
        clinic(chat(Ana=(9, 0, 5), Rita=(7, 5, 0)), said=("Eva", "Lia"))
