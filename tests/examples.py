"""Counts of examples of the property tests: few in every run of the suite, all of them in `make thorough`."""

import hypothesis

FULL_PROFILES = {"full", "explore"}
"""The profiles of tests/conftest.py under which a property test takes as many examples as it names."""


def examples(count: int) -> int:
    """Return a third of a test's examples, at least five, or all of them where the run's profile asks for all."""
    if hypothesis.settings.get_current_profile_name() in FULL_PROFILES:
        return count
    return min(count, max(5, count // 3))
