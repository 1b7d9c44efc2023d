"""Give systems of dealers the right to upload, by command: each is a service account whose one scope is that."""

from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.db.tables import Org
from core.db.tables.people import ServiceAccount
from core.identity.operators import operator_of
from serving.feeds.declarations import UPLOAD_FEEDS
from serving.identity.declarations import MANAGE_SERVICE_ACCOUNTS
from serving.identity.orgs.service_accounts import add_service_account, revoke_service_account

_NAME: Final = "upload token {}"


def add_sender(session: Session, org: Org, by: str) -> str:
    """Add an account that may upload for a dealer; return its secret, which is shown nowhere again.

    Earlier ones stay valid. `by` names the person at the keyboard in the audit trail.
    """
    name = _NAME.format(uuid4().hex[:12])
    return add_service_account(session, _operator(org, by), org, name, [UPLOAD_FEEDS])[1]


def revoke_senders(session: Session, org: Org, by: str, now: datetime) -> int:
    """Revoke every account that may upload for a dealer and do nothing else; return their number."""
    mine = (ServiceAccount.org_id == org.id, ServiceAccount.scopes == UPLOAD_FEEDS.name)
    found = session.scalars(select(ServiceAccount.id).where(*mine, ServiceAccount.revoked_at.is_(None))).all()
    for account_id in found:
        revoke_service_account(session, _operator(org, by), org, account_id, now)
    return len(found)


def _operator(org: Org, by: str) -> Principal:
    return operator_of(org, f"automart dealers by {by}", MANAGE_SERVICE_ACCOUNTS, UPLOAD_FEEDS)
