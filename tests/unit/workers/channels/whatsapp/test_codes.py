"""Every code of the agreed table, and those beside it."""

import pytest

from workers.channels.whatsapp.codes import Action, Decision, decide, known

TABLE = {
    Action.RETRY: (1, 2, 131000, 131016, 131057, 133004),
    Action.WAIT_NUMBER: (4, 80007, 130429, 613, 17, 341),
    Action.WAIT_CONTACT: (131056,),
    Action.STOP_PROACTIVE: (131048, 131064),
    Action.WINDOW_CLOSED: (131047, 470),
    Action.OTHER_ADDRESS: (131026,),
    Action.BY_PHONE: (131062,),
    Action.DROP: (130403,),
    Action.PERSON: (
        131049, 130472, 131050,  # marketing only
        100, 131008, 131009, 131051, 131021, 131030, 132000, 132001, 132005, 132007, 132012,
        132018, 132068,  # our bug, or the template's
        132015, 132016, 131063,  # the template is paused
        131052, 131053,  # media
    ),
    Action.PAUSE_CHANNEL: (
        0, 3, 10, 33, 190, 131005, 133010, 131045, 131037,  # credentials, registration
        368, 130497, 131031, 131042,  # the account
    ),
}  # fmt: skip
ROWS = [(code, action) for action, codes in TABLE.items() for code in codes]


@pytest.mark.parametrize(("code", "action"), ROWS)
def test_each_code_has_its_action(code: int, action: Action) -> None:
    assert decide(code).action is action


def test_the_table_here_names_every_code() -> None:
    assert sorted(code for code, _ in ROWS) == sorted(known())


@pytest.mark.parametrize("code", [200, 210, 299])
def test_a_permission_that_is_lacking_pauses_the_channel(code: int) -> None:
    assert decide(code).action is Action.PAUSE_CHANNEL


@pytest.mark.parametrize("code", [199, 300])
def test_the_codes_of_permissions_end_there(code: int) -> None:
    assert decide(code).action is Action.PERSON


@pytest.mark.parametrize(
    ("decision", "action"),
    [
        (decide(100, subcode=33), Action.PAUSE_CHANNEL),
        (
            decide(100, "Object does not exist, cannot be loaded due to missing permissions"),
            Action.PAUSE_CHANNEL,
        ),
        (decide(100, subcode=2494010), Action.PERSON),
        (decide(987654, is_transient=True), Action.RETRY),
        (decide(987654, is_transient=False), Action.PERSON),
        (decide(987654, status=500), Action.RETRY),
        (decide(987654, status=400), Action.PERSON),
        (decide(190, is_transient=True, status=500), Action.PAUSE_CHANNEL),  # the code decides
    ],
)
def test_what_stands_beside_the_code_decides_where_it_says_more(
    decision: Decision, action: Action
) -> None:
    assert decision.action is action


def test_what_somebody_has_to_repair_is_loud_and_what_passes_is_not() -> None:
    loud = {code for code in known() if decide(code).loud}
    quiet = {code for code in known() if not decide(code).loud}
    assert {190, 131042, 100, 132015, 131048} <= loud
    assert {1, 4, 131056, 131047, 131026} <= quiet
    assert decide(424242).loud


def test_a_pause_for_the_account_is_told_from_one_for_credentials() -> None:
    accounts = {code for code in known() if decide(code).account}
    assert accounts == {368, 130497, 131031, 131042}


def test_no_reason_repeats_what_meta_wrote_of_a_contact() -> None:
    assert "5541" not in decide(131026, "Message undeliverable to +5541999990000").reason
