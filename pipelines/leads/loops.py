"""The background loops of leads: their clocks, the people who are given them, and their chances to be won."""

from core.work.loop import Loop, Turn
from pipelines.leads.assigning.waiting import assign_due
from pipelines.leads.timers import issue_due

_A_TURN, _SCORES = 50, 500


def _score(work: Turn) -> bool:
    from pipelines.leads.scoring.models import score_open  # loads polars and numpy, which the other loops do without

    return score_open(work.transaction, _SCORES) >= _SCORES


SLA = Loop("leads.sla", lambda _: lambda work: issue_due(work.transaction, _A_TURN) >= _A_TURN, pause_seconds=1.0)
ASSIGN = Loop("leads.assign", lambda _: lambda work: assign_due(work.transaction, _A_TURN) >= _A_TURN)
SCORE = Loop("leads.score", lambda _: _score, pause_seconds=5.0)
