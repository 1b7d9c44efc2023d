"""Shared foundations of the other folders: settings, errors, tables, storage, search. No business flow starts here."""
