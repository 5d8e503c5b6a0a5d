"""What can go wrong with an evaluation.

EvaluationError
├── QuestionsError    the file of questions cannot be used
├── RunError          a file holds no evaluation
└── CalibrationError  the questions are too few to fit a gate to
"""


class EvaluationError(Exception):
    """Nothing can be measured. The message says what is wrong and what to do."""


class QuestionsError(EvaluationError):
    """The file of questions cannot be used. The message says what it should hold."""


class RunError(EvaluationError):
    """A file holds no evaluation, or cannot hold one. The message says what it should be."""


class CalibrationError(EvaluationError):
    """The questions are too few to fit a gate to. Nothing was changed."""
