import pytest

from workers.channels.email.sending.codes import Action, Stage, decide, enhanced_code

PAUSE, RETRY, PERSON, WAIT = (
    Action.PAUSE_CHANNEL, Action.RETRY, Action.PERSON, Action.WAIT_CHANNEL,
)  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "code", "enhanced", "action"),
    [
        (Stage.TLS, 0, "", PAUSE),
        (Stage.GREETING, 421, "", RETRY),
        (Stage.GREETING, 554, "", RETRY),
        (Stage.LOGIN, 530, "", PAUSE),
        (Stage.LOGIN, 534, "5.7.9", PAUSE),
        (Stage.LOGIN, 535, "5.7.8", PAUSE),
        (Stage.LOGIN, 535, "5.7.139", PAUSE),
        (Stage.LOGIN, 538, "5.7.11", PAUSE),
        (Stage.LOGIN, 504, "5.5.4", PAUSE),
        (Stage.LOGIN, 454, "4.7.0", WAIT),
        (Stage.LOGIN, 454, "", RETRY),
        (Stage.SENDER, 530, "5.7.57", PAUSE),
        (Stage.SENDER, 550, "5.7.60", PAUSE),
        (Stage.SENDER, 553, "", PAUSE),
        (Stage.SENDER, 451, "4.3.0", RETRY),
        (Stage.RECEIVER, 550, "5.1.1", PERSON),
        (Stage.RECEIVER, 551, "", PERSON),
        (Stage.RECEIVER, 552, "5.2.2", PERSON),
        (Stage.RECEIVER, 553, "5.6.7", PERSON),
        (Stage.RECEIVER, 554, "5.7.1", PERSON),
        (Stage.RECEIVER, 450, "4.2.0", RETRY),
        (Stage.RECEIVER, 450, "4.2.1", WAIT),
        (Stage.RECEIVER, 550, "5.4.5", WAIT),
        (Stage.RECEIVER, 421, "", WAIT),
        (Stage.DATA, 451, "", RETRY),
        (Stage.DATA, 503, "5.5.1", PERSON),
        (Stage.TEXT, 452, "4.3.1", RETRY),
        (Stage.TEXT, 550, "5.7.1", PERSON),
        (Stage.TEXT, 554, "", PERSON),
        (Stage.TEXT, 554, "5.2.252", PAUSE),
        (Stage.TEXT, 550, "5.1.8", PAUSE),
    ],
)
def test_each_refusal_has_one_decision(
    stage: Stage, code: int, enhanced: str, action: Action
) -> None:
    decision = decide(stage, code, enhanced)
    assert decision.action is action
    assert decision.reason


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("code", [0, *range(400, 600)])
def test_every_reply_has_a_decision_and_none_in_the_500s_is_hammered(
    stage: Stage, code: int
) -> None:
    decision = decide(stage, code)
    if code >= 500 and stage is not Stage.GREETING:
        assert decision.action is not Action.RETRY
    if decision.action is Action.PAUSE_CHANNEL:
        assert decision.loud


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (b"5.1.1 <ana@x.example> unknown", "5.1.1"), (b"no such user", ""), (b"", ""),
        (b"5.7.139 Authentication unsuccessful", "5.7.139"), (b"535", ""), (b"9.9.9 x", ""),
    ],
)  # fmt: skip
def test_the_enhanced_code_stands_at_the_beginning(reply: bytes, code: str) -> None:
    assert enhanced_code(reply) == code
