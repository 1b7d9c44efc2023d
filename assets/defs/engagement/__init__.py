"""Engagement: files of events by hour, and what is counted of them by hour and day of the market."""
