"""The apps that take push messages, by the tokens of their push services."""

from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.db.tables.notifications import PushDevice
from core.personal_data.sealed_column import SealedColumn
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.security.sealing import CannotOpenError, blind_index

TOKEN: Final = SealedColumn("push_devices", "sealed_token", "person", "user_id")


def token_index(keys: PlatformKeys, token: str) -> bytes:
    """Return the keyed digest by which the app of a token is found."""
    return blind_index(keys.index, "push token", token)


def tokens_of(session: Session, keys: PlatformKeys, user_id: UUID) -> tuple[str, ...]:
    """Return the tokens of a person's apps, those of the one registered first in front."""
    mine = select(PushDevice).where(PushDevice.user_id == user_id).order_by(PushDevice.registered_at, PushDevice.id)
    rows = session.scalars(mine).all()
    sealer = Sealer(session, keys)
    sealer.load(row.sealed_token for row in rows)
    try:
        return tuple(TOKEN.open(sealer, row) for row in rows)
    except CannotOpenError:  # the person has just been erased
        return ()


def forget_token(session: Session, keys: PlatformKeys, token: str) -> None:
    """Forget an app that its push service does not know any more: it was removed from the phone."""
    session.execute(delete(PushDevice).where(PushDevice.token_index == token_index(keys, token)))
