"""Refusals and ends of live connections."""

from core.errors import ConflictError, InvalidInputError, RetryableError


class BadPositionError(InvalidInputError):
    """The position was not given by a live connection."""

    code = "bad_position"

    def __init__(self) -> None:
        super().__init__(
            "Go on from the `id` of an event or the `position` of a heartbeat, as it was given, or from none."
        )


class TooManyConnectionsError(RetryableError):
    """The process holds as many live connections as it may."""

    code = "too_many_live_connections"

    def __init__(self) -> None:
        super().__init__("The server holds as many live connections as it may; try again in a few seconds.")


class AccessChangedError(ConflictError):
    """The rights of the caller have changed since it connected; with them, what it may be sent."""

    code = "access_changed"

    def __init__(self) -> None:
        super().__init__("Your rights have changed: connect again, from the position that you have.")
