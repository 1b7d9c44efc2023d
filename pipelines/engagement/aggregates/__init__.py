"""Counts of an hour and a day, by listing, dealer, branch, model, city, channel and source."""
