"""Declare who may read live events: the API reads for many callers at once, and checks each caller before it sends."""

from core.access.policies import TableAccess, during
from core.access.tenant import Step

_REASON = "one reader of a process reads for all of its connections, each checked after the reading"
EVENTS = TableAccess("live_events", (during(Step.LIVE, _REASON, "SELECT"),), api="SELECT")
STREAMS = TableAccess("live_streams", (during(Step.LIVE, _REASON, "SELECT"),), api="SELECT")
