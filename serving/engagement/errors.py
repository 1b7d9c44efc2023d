"""Errors of capture."""

from core.errors import InvalidInputError, RetryableError


class CaptureFullError(RetryableError):
    """As many events wait as may wait; none of the batch was taken."""

    code = "capture_full"
    retry_after = 5

    def __init__(self) -> None:
        super().__init__("More events wait than may wait; send the same batch again in a few seconds.")


class CaptureSlowError(RetryableError):
    """The events were not written in time. Some may be in the end: sent again, they are answered as duplicates."""

    code = "capture_slow"
    retry_after = 10

    def __init__(self) -> None:
        super().__init__("The events could not be written in time; send the same batch again in a few seconds.")


class ReceivedAtRefusedError(InvalidInputError):
    """A batch says over HTTP when it was received."""

    code = "received_at_refused"

    def __init__(self) -> None:
        super().__init__(
            "Leave `received_at` out: it is for replays by `automart engagement load`; here the server's time counts."
        )
