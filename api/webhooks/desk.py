"""Make what the services of webhooks work with."""

from api.deps import AppState
from core.access.principal import Principal
from core.clock import utc_now
from core.db.session import Session
from core.personal_data.sealer import Sealer
from serving.webhooks.endpoints import WebhookDesk, address_rules


def desk_of(session: Session, state: AppState, principal: Principal) -> WebhookDesk:
    """Return the desk of a request."""
    sealer = Sealer(session, state.identity.keys)
    return WebhookDesk(session, principal, sealer, address_rules(state.settings), utc_now())
