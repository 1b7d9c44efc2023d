"""Tell private sellers what was decided about their ads, in their language, once for each decision."""

import logging
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.session import Transaction
from core.db.tables import Listing
from core.db.tables.moderation import ModerationCase
from core.db.tables.people import User
from core.security.platform_keys import PlatformKeys
from pipelines.moderation.cases import CaseRepository
from pipelines.moderation.findings import kinds
from serving.moderation.standing import known_reasons
from serving.notifications.notifying import Notice, notify

_log = logging.getLogger(__name__)
_TEMPLATES: Final = {"approved": "ad_approved", "rejected": "ad_rejected"}


def notify_sellers(transaction: Transaction, keys: PlatformKeys, limit: int) -> bool:
    """Queue messages about decided cases, and tell whether more may wait; both are committed, or neither."""
    with transaction() as session:
        cases = CaseRepository(session)
        untold = cases.untold(limit)
        for case in untold:
            _notify(session, keys, case)
            case.told_at = cases.now()
    return len(untold) == limit


def _notify(session: Session, keys: PlatformKeys, case: ModerationCase) -> None:
    seller = session.get(User, case.seller_id)
    if seller is None:
        return
    title = session.scalars(select(Listing.title).where(Listing.id == case.listing_id)).one()
    values = {"car": title}
    if case.outcome == "rejected":
        values["reason"] = _reason(case, seller.language)
    if notify(session, keys, seller, Notice(_TEMPLATES[case.outcome or ""], values)) == 0:
        _log.info("case %s: its seller has no contact to be told by, or does not want to be told", case.id)


def _reason(case: ModerationCase, language: str) -> str:
    found = [kinds()[code] for code in known_reasons(case.reasons)]
    sentences = [each.ur if language == "ur" else each.en for each in found]
    return " ".join([*sentences, *([case.note] if case.note else [])])
