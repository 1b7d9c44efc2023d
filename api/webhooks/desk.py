"""Make the dependencies of the webhook services."""

from api.deps import AppState
from core.access.principal import Principal
from core.db.session import Session
from serving.webhooks.desk import WebhookDesk, open_desk


def desk_of(session: Session, state: AppState, principal: Principal) -> WebhookDesk:
    """Return the desk of a request."""
    return open_desk(session, principal, state.identity.keys, state.settings)
