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
        whole: what both mean together, as a question that stands alone: it is searched in place of
            the one behind the other. Empty where nobody has written it.
    """

    tenant: str
    text: str
    before: str = ""
    share: float = 0.5
    whole: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether it is also searched behind the question before it, or rewritten."""
        return bool(self.before or self.whole) and self.share > 0
