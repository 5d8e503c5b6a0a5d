"""What is searched for: a message, and the question that it goes on from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One message to search for.

    "e quanto custa?" is searched twice, as it stands and behind the question before it, and the
    standardised scores of both are added: either alone loses by some kinds of conversations what
    it wins by others.

    Attributes:
        tenant: the clinic.
        text: as the patient wrote it.
        before: the question that it goes on from; empty where it stands alone.
        share: how much the search behind that question counts beside the other, 0 to 1.
    """

    tenant: str
    text: str
    before: str = ""
    share: float = 0.5

    @property
    def goes_on(self) -> bool:
        """Whether it is searched behind the question before it, too."""
        return bool(self.before) and self.share > 0
