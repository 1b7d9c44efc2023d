"""Tokens that dealers upload with: given out once, kept as hashes, ended by a command."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.db.tables import Org, UploadToken
from core.security.tokens import TOKEN_PREFIX, new_token, token_hash


def add_upload_token(session: Session, org: Org) -> str:
    """Make a token of this dealer. It is returned here and nowhere again; earlier ones stay valid."""
    token = new_token(TOKEN_PREFIX)
    session.add(UploadToken(org_id=org.id, token_hash=token_hash(token)))
    session.flush()
    return token


def revoke_upload_tokens(session: Session, org: Org, now: datetime) -> int:
    """End every token that the dealer has; return their number."""
    statement = update(UploadToken).where(UploadToken.org_id == org.id, UploadToken.revoked_at.is_(None))
    ended = session.scalars(statement.values(revoked_at=now).returning(UploadToken.id))
    return len(ended.all())
