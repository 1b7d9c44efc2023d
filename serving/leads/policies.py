"""Who may reach leads: the pipelines alone, until the operations of the API declare who sees what.

An export shows a buyer what is held of it.
"""

from core.access.policies import OWN_CONTACT_SQL, TableAccess, closed, exported

_EXPORTED = exported(OWN_CONTACT_SQL)
LEADS = TableAccess("leads", (_EXPORTED,), api="SELECT")
EVENTS = TableAccess("lead_events", (_EXPORTED,), api="SELECT")
CLOCKS = closed("lead_clocks")
TIMERS = closed("lead_timers")
DESKS = closed("lead_desks")
