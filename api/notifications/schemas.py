"""Requests and answers about the caller's notification preferences."""

from datetime import datetime, time
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from core.db.tables.notifications import PushDevice
from serving.notifications.choosing import Channel, Choice, Kind, OwnNotifications, QuietHours

Platform = Literal["android", "ios", "web"]
EXAMPLE_DEVICE_ID = "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5c"
_QUIET: dict[str, Any] = {"from": "22:00", "until": "08:00", "timezone": "Asia/Karachi"}
_CHANNELS: dict[str, Any] = {
    "lead_assigned": ["whatsapp", "push"],
    "lead_message": ["push"],
    "lead_sla": ["push"],
    "lead_reply": ["sms", "email"],
    "ads": ["sms"],
    "feed_reports": ["push", "email"],
    "photo_contests": ["push", "email"],
    "saved_search": ["push", "email"],
    "webhooks": ["email"],
}
_DEVICE: dict[str, Any] = {
    "device_id": EXAMPLE_DEVICE_ID,
    "platform": "android",
    "registered_at": "2026-03-02T04:30:00Z",
}
_TIME = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="A time of day, as 22:00.")]


class QuietHoursRead(BaseModel):
    """Times of day between which nothing is sent; what waits is sent afterwards, if it is still true."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid", json_schema_extra={"examples": [_QUIET]})

    start: _TIME = Field(alias="from")
    until: _TIME
    timezone: str = Field(max_length=60, description="The time zone in which they hold by the wall clock.")

    def hours(self) -> QuietHours:
        """Return them as the services take them."""
        return QuietHours(time.fromisoformat(self.start), time.fromisoformat(self.until), self.timezone)


class DeviceRead(BaseModel):
    """An app that takes push messages."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DEVICE]})

    device_id: UUID
    platform: Platform
    registered_at: datetime = Field(description="When it was registered last, UTC.")

    @classmethod
    def of(cls, row: PushDevice) -> Self:
        """Describe a row, without its token, which no answer shows."""
        return cls.model_validate({"device_id": row.id, "platform": row.platform, "registered_at": row.registered_at})


class NotificationsRead(BaseModel):
    """The caller's choices; the defaults for the rest."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"language": "ur", "channels": _CHANNELS, "quiet_hours": _QUIET, "devices": [_DEVICE]}]
        }
    )

    language: Literal["en", "ur"]
    channels: dict[Kind, list[Channel]] = Field(description="By kind of message; an empty list: it is turned off.")
    quiet_hours: QuietHoursRead | None
    devices: list[DeviceRead] = Field(description="Apps that take push messages, the one registered first in front.")

    @classmethod
    def of(cls, own: OwnNotifications) -> Self:
        """Describe what was chosen."""
        quiet = own.chosen.quiet
        return cls.model_validate(
            {
                "language": own.language,
                "channels": {kind: list(channels) for kind, channels in own.channels.items()},
                "quiet_hours": None
                if quiet is None
                else {"from": f"{quiet.start:%H:%M}", "until": f"{quiet.end:%H:%M}", "timezone": quiet.timezone},
                "devices": [DeviceRead.of(row) for row in own.devices],
            }
        )


class NotificationsUpdate(BaseModel):
    """New choices of the caller, in place of all earlier ones."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"language": "ur", "channels": _CHANNELS, "quiet_hours": _QUIET}]},
    )

    channels: dict[Kind, Annotated[list[Channel], Field(max_length=4)]] = Field(
        description="By kind of message; a kind that is left out has its default, an empty list turns it off."
    )
    quiet_hours: QuietHoursRead | None = Field(description="Null: messages are sent at all hours.")
    language: Literal["en", "ur"] | None = Field(default=None, description="Of all messages; left out: as before.")

    def choice(self) -> Choice:
        """Return it as the services take it."""
        quiet = None if self.quiet_hours is None else self.quiet_hours.hours()
        return Choice(self.channels, quiet, self.language)


class DeviceCreate(BaseModel):
    """An app, by the token that its push service has given it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"platform": "android", "token": "fcm-token-of-the-app"}]}
    )

    platform: Platform
    token: str = Field(min_length=8, max_length=4096, pattern=r"^[\x21-\x7e]+$", description="In no answer.")
