"""Problems of the notifications operations."""

from core.errors import AutomartError
from serving.identity.errors import PeopleOnlyError
from serving.notifications.errors import (
    AlwaysSentError,
    BadQuietHoursError,
    UnknownDeviceError,
    UnknownTimezoneError,
)

OWN: tuple[AutomartError, ...] = (PeopleOnlyError(),)
CHOOSE: tuple[AutomartError, ...] = (
    *OWN,
    UnknownTimezoneError("Asia/Karachee"),
    BadQuietHoursError(),
    AlwaysSentError("lead_reply"),
)
FORGET: tuple[AutomartError, ...] = (*OWN, UnknownDeviceError())
PROBLEMS = (*CHOOSE, *FORGET)
