"""Service levels: the clocks of a lead and their deadlines, as pure functions of events, calendar and policy."""
