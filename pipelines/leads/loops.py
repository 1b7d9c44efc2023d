"""The background loops of leads: their clocks, and the people who are given them."""

from core.work.loop import Loop
from pipelines.leads.assigning.waiting import assign_due
from pipelines.leads.timers import issue_due

_A_TURN = 50

SLA = Loop("leads.sla", lambda _: lambda work: issue_due(work.transaction, _A_TURN) >= _A_TURN, pause_seconds=1.0)
ASSIGN = Loop("leads.assign", lambda _: lambda work: assign_due(work.transaction, _A_TURN) >= _A_TURN)
