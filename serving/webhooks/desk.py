"""The desk at which endpoints are worked on, and who may: administrators of the organisation that they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.permissions import is_allowed, require
from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.clock import utc_now
from core.db.tables.webhooks import WebhookEndpoint
from core.egress.addresses import EgressRules
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.settings import Settings
from pipelines.webhooks.sending import webhook_rules
from serving.webhooks.declarations import MANAGE_WEBHOOKS
from serving.webhooks.errors import UnknownWebhookError, WebhookNotActiveError


@dataclass(frozen=True)
class WebhookDesk:
    """The parts for work on endpoints: the session, the caller, the keys and the rules for addresses."""

    session: Session
    principal: Principal
    sealer: Sealer
    rules: EgressRules
    now: datetime

    def find(self, webhook_id: UUID) -> WebhookEndpoint:
        """Return an endpoint of the caller's, locked.

        Raises:
            ForbiddenError, UnknownWebhookError: see `owned`.
        """
        wanted = (WebhookEndpoint.id == webhook_id, WebhookEndpoint.deleted_at.is_(None))
        return owned(
            self.principal, self.session.scalars(select(WebhookEndpoint).where(*wanted).with_for_update()).first()
        )

    def note(self, endpoint: WebhookEndpoint, verb: str, after: Mapping[str, Any] | None = None) -> None:
        """Record an act on an endpoint in the audit trail."""
        act = Act(f"webhooks.{verb}", "webhook", str(endpoint.id), endpoint.org_id, None, after)
        record(self.session, Actor.of(self.principal), act)


def open_desk(session: Session, principal: Principal, keys: PlatformKeys, settings: Settings) -> WebhookDesk:
    """Open the desk of a request; addresses are checked by the rules by which messages are sent."""
    return WebhookDesk(session, principal, Sealer(session, keys), webhook_rules(settings), utc_now())


def active(desk: WebhookDesk, webhook_id: UUID) -> WebhookEndpoint:
    """Return an endpoint of the caller's to which messages are sent, locked.

    Raises:
        ForbiddenError, UnknownWebhookError: see `owned`. WebhookNotActiveError: as it says.
    """
    endpoint = desk.find(webhook_id)
    if endpoint.phase != "active":
        raise WebhookNotActiveError(endpoint.phase)
    return endpoint


def owned(principal: Principal, found: WebhookEndpoint | None) -> WebhookEndpoint:
    """Return the endpoint, if the caller manages it; a foreign one and one that does not exist are refused alike.

    Raises:
        ForbiddenError: the caller manages webhooks nowhere. UnknownWebhookError: it does, and not this one.
    """
    if found is not None and is_allowed(principal, MANAGE_WEBHOOKS, org_id=found.org_id):
        return found
    if not any(is_allowed(principal, MANAGE_WEBHOOKS, org_id=org_id) for org_id in principal.org_ids):
        require(principal, MANAGE_WEBHOOKS)
    raise UnknownWebhookError
