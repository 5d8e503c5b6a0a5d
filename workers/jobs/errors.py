"""What can go wrong with a job.

JobError  it cannot be done; the only one
"""


class JobError(Exception):
    """A job cannot be done. The message is for the user: what happened, what to do."""
