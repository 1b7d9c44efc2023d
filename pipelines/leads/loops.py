"""The background loop of the leads' clocks."""

from core.work.loop import Loop
from pipelines.leads.timers import issue_due

_A_TURN = 50

SLA = Loop("leads.sla", lambda _: lambda work: issue_due(work.transaction, _A_TURN) >= _A_TURN, pause_seconds=1.0)
