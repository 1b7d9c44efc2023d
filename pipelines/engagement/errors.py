"""Errors of kept events and of what is counted of them."""

from datetime import datetime

from core.errors import PermanentError, RetryableError


class IncompleteEventsError(PermanentError):
    """Events of an hour are not all there any more, so it cannot be counted anew."""

    code = "incomplete_events"
    http_status = 409

    def __init__(self, hour: datetime, reason: str) -> None:
        super().__init__(
            f"The events of {hour:%Y-%m-%d %H:00} UTC are incomplete: {reason}. What was counted of them stays; restore"
            " the file to count them anew."
        )


class HoursWaitError(RetryableError):
    """Hours of a day are not counted yet."""

    code = "hours_wait"

    def __init__(self, day: str, hours: int) -> None:
        super().__init__(f"{hours} hours of {day} are still open or not counted; try again once they are.")


class FileDamagedError(PermanentError):
    """A file that was written reads back otherwise; the rows in the database stay."""

    code = "file_damaged"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The file {key} reads back with other contents than were written; look at the object storage."
        )
