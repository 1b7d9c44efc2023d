"""Requests about feeds that come over the API: kept in order, done in turn, previewed files deleted afterwards."""
