"""Open a connection of live push and pass on its messages, for event streams and WebSockets alike."""

from collections.abc import AsyncGenerator
from functools import partial

from api.deps import AppState
from serving.identity.logins.authentication import VerifiedBearer
from serving.live.connecting import Flow, Wanted, begin, messages
from serving.live.errors import TooManyConnectionsError
from serving.live.subscription import Message, Subscription


async def begun(state: AppState, bearer: VerifiedBearer, wanted: Wanted) -> Subscription:
    """Begin a connection; see `serving.live.connecting.begin`.

    Raises:
        TooManyConnectionsError: the process holds as many as it may.
    """
    if len(state.live) >= state.settings.live_connections:
        raise TooManyConnectionsError
    return await state.threads.run(partial(begin, state.sessions, bearer, wanted))


def flowing(state: AppState, subscription: Subscription, until: float | None = None) -> AsyncGenerator[Message, None]:
    """Give the messages of a connection; see `serving.live.connecting.messages`."""
    flow = Flow(state.live, state.sessions, state.threads, state.settings.live_heartbeat_seconds)
    return messages(flow, subscription, until)
