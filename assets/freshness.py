"""Freshness policies that several domains share: how old an asset may be before the UI warns."""

from datetime import timedelta

import dagster as dg

DAILY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=26), warn_window=timedelta(hours=24))
"""Dealers deliver at least once a day; two hours are for the slow line."""
