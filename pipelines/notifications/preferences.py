"""Read the channels that people have chosen by kind of message, and their quiet hours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from core.db.tables.notifications import NotificationPreferences
from pipelines.notifications.channels import CHANNELS, KINDS, Channel, Kind
from pipelines.notifications.quiet import DEFAULT_QUIET, HOME_ZONE, QuietHours, is_zone


@dataclass(frozen=True)
class Preferences:
    """The choices of a person; a kind that is not named has the channels of `KINDS`, one without channels is off."""

    channels: Mapping[Kind, tuple[Channel, ...]] = field(default_factory=dict)
    quiet: QuietHours | None = DEFAULT_QUIET

    def of(self, kind: Kind) -> tuple[Channel, ...]:
        """Return the channels of a kind; none: it is turned off."""
        return self.channels.get(kind, KINDS[kind])


DEFAULT: Final = Preferences()


def preferences_of(session: Session, user_id: UUID | None) -> Preferences:
    """Return what a person has chosen; of a stranger, or of one who has chosen nothing, the defaults."""
    row = None if user_id is None else session.get(NotificationPreferences, user_id)
    if row is None:
        return DEFAULT
    chosen: dict[Kind, tuple[Channel, ...]] = {
        kind: tuple(each for each in CHANNELS if each in row.channels[kind]) for kind in KINDS if kind in row.channels
    }
    quiet = None
    if row.quiet_from is not None and row.quiet_until is not None:
        zone = row.timezone if is_zone(row.timezone) else HOME_ZONE  # zones are renamed and taken out, too
        quiet = QuietHours(row.quiet_from, row.quiet_until, zone)
    return Preferences(chosen, quiet)
