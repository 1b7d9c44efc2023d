"""Find the contact by which a person is told something."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables.people import User, UserContact
from core.identity.contacts import Contact
from core.identity.sealed_contacts import USER_CONTACT, open_contact
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.security.sealing import CannotOpenError


def contact_of(session: Session, keys: PlatformKeys, person: User) -> Contact | None:
    """Return the person's phone, else the e-mail address; None where there is neither, or the person is blocked."""
    if person.blocked_at is not None:
        return None
    query = select(UserContact).where(UserContact.user_id == person.id)
    row = session.scalars(query.order_by(UserContact.kind.desc(), UserContact.proven_at).limit(1)).one_or_none()
    if row is None:
        return None
    sealer = Sealer(session, keys)
    sealer.load([row.sealed])
    try:
        return open_contact(sealer, USER_CONTACT, row)
    except CannotOpenError:  # the person has just been erased
        return None
