"""Trace a lead to the device, the session and the search that it came from, as engagement counts them."""

from core.engagement.digests import Digests
from core.security.platform_keys import PlatformKeys
from serving.leads.intake.new_lead import Trace


def trace_of(keys: PlatformKeys, device_id: str | None, session_id: str | None, query_id: str | None) -> Trace:
    """Return the digests of a device by the app's own id, and of its session; unknown ones are left out."""
    if device_id is None:
        return Trace(query_id=query_id)
    digests = Digests(keys.index)
    session = None if session_id is None else digests.session(device_id, session_id)
    return Trace(digests.device(device_id), session, query_id)
