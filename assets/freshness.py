"""Freshness policies that several domains share: how old an asset may be before the UI warns."""

from datetime import timedelta

import dagster as dg

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

TWO_HOURS = dg.FreshnessPolicy.time_window(fail_window=2 * _HOUR)
DAILY = dg.FreshnessPolicy.time_window(fail_window=26 * _HOUR, warn_window=24 * _HOUR)
"""Dealers deliver at least once a day; two hours are for the slow line."""
DAILY_UNWARNED = dg.FreshnessPolicy.time_window(fail_window=26 * _HOUR)
WEEKLY = dg.FreshnessPolicy.time_window(fail_window=8 * _DAY, warn_window=7 * _DAY)
WEEKLY_TRAINING = dg.FreshnessPolicy.time_window(fail_window=9 * _DAY, warn_window=8 * _DAY)
