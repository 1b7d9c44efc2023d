"""Refusals of the notifications domain."""

from core.errors import InvalidInputError, NotFoundError


class UnknownTimezoneError(InvalidInputError):
    """A name is that of no time zone."""

    code = "unknown_timezone"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no time zone {name!r}: write it as Asia/Karachi.")


class BadQuietHoursError(InvalidInputError):
    """Quiet hours begin and end at one time."""

    code = "bad_quiet_hours"

    def __init__(self) -> None:
        super().__init__("Quiet hours begin and end at different times; give null for none.")


class AlwaysSentError(InvalidInputError):
    """A kind of messages that nobody can do without was turned off."""

    code = "always_sent"

    def __init__(self, kind: str) -> None:
        super().__init__(f"Messages of the kind {kind} cannot be turned off: name at least one channel.")


class UnknownDeviceError(NotFoundError):
    """The caller has no such app."""

    code = "unknown_device"

    def __init__(self) -> None:
        super().__init__("You have no such device.")
