"""Declare what exists and when it is refreshed: the Dagster assets, their checks, and what starts their runs.

The only folder that speaks Dagster. An asset here is a signature: its body opens the platform, calls one pipeline
function and returns that function's counts.
"""
