"""Leads: business calendars, deadlines, assignment, and the exchange of leads with other systems, as pure functions."""
