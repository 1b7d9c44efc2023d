"""Read and change how the caller wants to be told things, and the apps that take its push messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.ids import new_id
from core.db.tables.notifications import NotificationPreferences, PushDevice
from core.db.tables.people import User
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from pipelines.notifications.channels import ALWAYS_SENT, CHANNELS, KINDS, Channel, Kind
from pipelines.notifications.devices import TOKEN, token_index
from pipelines.notifications.preferences import Preferences, preferences_of
from pipelines.notifications.quiet import HOME_ZONE, QuietHours, is_zone
from serving.identity.logins.account import require_person
from serving.notifications.errors import (
    AlwaysSentError,
    BadQuietHoursError,
    UnknownDeviceError,
    UnknownTimezoneError,
)

__all__ = ["Channel", "Choice", "Kind", "OwnNotifications", "QuietHours", "choose", "forget_device",
           "own_notifications", "register_device"]  # fmt: skip
MOST_DEVICES: Final = 20


@dataclass(frozen=True)
class OwnNotifications:
    """The caller's choices, with the defaults of the rest, and its apps."""

    language: str
    chosen: Preferences
    devices: Sequence[PushDevice]

    @property
    def channels(self) -> dict[Kind, tuple[Channel, ...]]:
        """The channels of every kind."""
        return {kind: self.chosen.of(kind) for kind in KINDS}


@dataclass(frozen=True)
class Choice:
    """The choices that the caller makes; the language stays where none is given."""

    channels: Mapping[Kind, Sequence[Channel]]
    quiet: QuietHours | None
    language: str | None = None


def own_notifications(session: Session, principal: Principal) -> OwnNotifications:
    """Return what the caller has chosen.

    Raises:
        LoginNeededError, PeopleOnlyError: the caller is no person.
    """
    user_id = require_person(principal)
    mine = select(PushDevice).where(PushDevice.user_id == user_id).order_by(PushDevice.registered_at, PushDevice.id)
    language = session.scalars(select(User.language).where(User.id == user_id)).one()
    return OwnNotifications(language, preferences_of(session, user_id), session.scalars(mine).all())


def choose(session: Session, principal: Principal, choice: Choice, now: datetime) -> OwnNotifications:
    """Replace what the caller has chosen; kinds that are not named get their defaults.

    Raises:
        LoginNeededError, PeopleOnlyError: the caller is no person.
        UnknownTimezoneError, BadQuietHoursError, AlwaysSentError: as they say.
    """
    user_id = require_person(principal)
    _check(choice)
    quiet = choice.quiet
    values = {
        "channels": {kind: [each for each in CHANNELS if each in given] for kind, given in choice.channels.items()},
        "quiet_from": None if quiet is None else quiet.start,
        "quiet_until": None if quiet is None else quiet.end,
        "timezone": HOME_ZONE if quiet is None else quiet.timezone,
        "changed_at": now,
    }
    given = insert(NotificationPreferences).values(user_id=user_id, **values)
    session.execute(given.on_conflict_do_update(index_elements=["user_id"], set_=values))
    if choice.language is not None:
        session.get_one(User, user_id).language = choice.language
        session.flush()
    after = {"channels": values["channels"], "quiet": quiet is not None, "language": choice.language}
    record(session, Actor.of(principal), Act("notifications.choose", "user", str(user_id), after=after))
    return own_notifications(session, principal)


def _check(choice: Choice) -> None:
    for kind in ALWAYS_SENT & set(choice.channels):
        if not choice.channels[kind]:
            raise AlwaysSentError(kind)
    if choice.quiet is not None:
        if not is_zone(choice.quiet.timezone):
            raise UnknownTimezoneError(choice.quiet.timezone)
        if choice.quiet.start == choice.quiet.end:
            raise BadQuietHoursError


def register_device(
    session: Session, keys: PlatformKeys, principal: Principal, app: tuple[str, str], now: datetime
) -> PushDevice:
    """Keep the `platform` and token of an app; one that was another person's is now the caller's alone.

    Of more than 20 the ones registered first are forgotten.

    Raises:
        LoginNeededError, PeopleOnlyError: the caller is no person.
    """
    user_id, (platform, token) = require_person(principal), app
    index = token_index(keys, token)
    with platform_step(session, Step.LOGIN):  # a phone that changed hands must show nothing of its last owner's
        session.execute(delete(PushDevice).where(PushDevice.token_index == index))
    row = PushDevice(id=new_id(), user_id=user_id, platform=platform, token_index=index, registered_at=now)
    row.sealed_token = TOKEN.seal(Sealer(session, keys), row, token)
    session.add(row)
    session.flush()
    mine = select(PushDevice).where(PushDevice.user_id == user_id)
    newest = session.scalars(mine.order_by(PushDevice.registered_at.desc(), PushDevice.id.desc())).all()
    for old in newest[MOST_DEVICES:]:
        session.delete(old)
    record(session, Actor.of(principal), Act("notifications.add_device", "user", str(user_id)))
    return row


def forget_device(session: Session, principal: Principal, device_id: UUID) -> None:
    """Forget an app of the caller, as at a logout.

    Raises:
        LoginNeededError, PeopleOnlyError: the caller is no person.
        UnknownDeviceError: it has no such app.
    """
    user_id = require_person(principal)
    gone = delete(PushDevice).where(PushDevice.id == device_id, PushDevice.user_id == user_id)
    if session.scalar(gone.returning(PushDevice.id)) is None:
        raise UnknownDeviceError
    record(session, Actor.of(principal), Act("notifications.forget_device", "user", str(user_id)))
