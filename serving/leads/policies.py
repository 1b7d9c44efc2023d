"""Who may reach leads: the pipelines alone, until the operations of the API declare who sees what."""

from core.access.policies import closed

LEADS = closed("leads")
EVENTS = closed("lead_events")
CLOCKS = closed("lead_clocks")
TIMERS = closed("lead_timers")
DESKS = closed("lead_desks")
