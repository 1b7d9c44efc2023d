"""Define the errors of taking in events of shoppers."""

from core.errors import InvalidInputError, RetryableError


class CaptureFullError(RetryableError):
    """The buffer of events that wait to be written is full; none of the batch was taken."""

    code = "capture_full"
    retry_after = 5

    def __init__(self) -> None:
        super().__init__("Too many events wait to be written; send the same batch again in a few seconds.")


class CaptureSlowError(RetryableError):
    """The events were not written in time. Some may be in the end: sent again, they are answered as duplicates."""

    code = "capture_slow"
    retry_after = 10

    def __init__(self) -> None:
        super().__init__("The events could not be written in time; send the same batch again in a few seconds.")


class ReceivedAtRefusedError(InvalidInputError):
    """A batch sent over HTTP has a time of receipt, which the server alone sets."""

    code = "received_at_refused"

    def __init__(self) -> None:
        super().__init__(
            "Leave `received_at` out: it is for replays by `automart engagement load`; here the server's time counts."
        )
