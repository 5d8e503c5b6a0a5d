"""What can go wrong with one answer, or with the texts of all.

AnsweringError
├── TemplateError         a clinic's template cannot be used
├── RetrievalError        this question cannot be searched; the others of its batch can
└── QuestionTooLongError  this question's prompt does not fit
"""


class AnsweringError(Exception):
    """An answer cannot be prepared."""


class TemplateError(AnsweringError):
    """A clinic's template cannot be used; the message names the file and the line."""


class RetrievalError(AnsweringError):
    """This question cannot be searched; the others of its batch can."""


class QuestionTooLongError(AnsweringError):
    """The question leaves no room in the context, even without any passage."""
