"""What a message may be before it is asked: the reasons of outcomes that need no model."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a message is ended by a fixed text; the words stand in an outcome's `reason`."""

    EMERGENCY = "emergency"  #: somebody may be in danger
    PERSON_ASKED = "person_asked"  #: the patient asks for a person
    PERSONAL_HEALTH = "personal_health"  #: diagnosis, dosage, own results: never by a machine
    GREETING = "greeting"
    THANKS = "thanks"
    ACKNOWLEDGED = "acknowledged"  #: "ok", a thumb up
    OPT_OUT = "opt_out"  #: by a channel: the patient wants no more messages
    MEDIA = "media"  #: by a channel: nothing but what is not read
    ATTACHMENT = "attachment"  #: by a mailbox: the same, and a person can open it
    LATE = "late"  #: by a channel: it came long after it was written


COURTESIES = frozenset({Reason.GREETING, Reason.THANKS, Reason.ACKNOWLEDGED})
#: Those that need no person.
SETTLED = COURTESIES | {Reason.OPT_OUT, Reason.MEDIA}
