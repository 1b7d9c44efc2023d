"""Leads go to those who are on shift and fit, by load and turn."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.leads.assigning.choice import Candidate, Wanted, choose
from pipelines.leads.desk import DeskRule

ANNA, BILAL, CARA = (UUID(int=number) for number in (1, 2, 3))
DHA, GULBERG = UUID(int=11), UUID(int=12)
NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


def test_nobody_on_shift_and_nobody_in_the_branch_are_told_apart() -> None:
    away = Candidate(ANNA, frozenset({DHA}), on_shift=False)
    assert choose(Wanted(DHA), (), [away]).reason == "nobody_on_shift"
    assert choose(Wanted(GULBERG), (), [away]).reason == "nobody_in_branch"
    assert choose(Wanted(), (), []).candidate is None


@pytest.mark.parametrize(
    ("by", "value", "wanted"),
    [
        ("branch", "dha", Wanted(branch="DHA")),
        ("city", "Lahore", Wanted(city="lahore")),
        ("make", "Toyota", Wanted(make="Toyota")),
        ("language", "ur", Wanted(language="ur")),
    ],
)
def test_first_rule_that_fits_and_has_somebody_on_shift_decides(by: str, value: str, wanted: Wanted) -> None:
    rules = (DeskRule(by=by, values=(value,), people=(CARA,)), DeskRule(by=by, values=(value,), people=(BILAL,)))
    people = [Candidate(ANNA), Candidate(BILAL, open_leads=9), Candidate(CARA, on_shift=False)]
    choice = choose(wanted, rules, people)
    assert choice.candidate is people[1]
    assert choice.reason == f"by_{by}"
    assert choose(Wanted(), rules, people).candidate is people[0]


def test_load_counts_by_weight_and_ties_go_to_whoever_waited_longest() -> None:
    senior, junior = Candidate(ANNA, weight=3, open_leads=5), Candidate(BILAL, open_leads=2)
    assert choose(Wanted(), (), [senior, junior]).candidate is senior
    first, second = Candidate(ANNA, last_assigned=NOW), Candidate(BILAL)
    assert choose(Wanted(), (), [first, second]).candidate is second


def test_returning_buyer_meets_the_same_person_and_silent_owner_is_passed_over() -> None:
    people = [Candidate(ANNA), Candidate(BILAL, open_leads=50)]
    assert choose(Wanted(preferred=BILAL), (), people).reason == "same_person"
    assert choose(Wanted(avoided=ANNA), (), people).candidate is people[1]
    assert choose(Wanted(avoided=ANNA), (), people[:1]).candidate is people[0]


@given(st.integers(1, 60), st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_round_robin_shares_leads_by_weight_within_one(leads: int, weights: list[int]) -> None:
    people = [Candidate(UUID(int=number + 1), weight=weight) for number, weight in enumerate(weights)]
    for _ in range(leads):
        chosen = choose(Wanted(), (), people).candidate
        assert chosen is not None
        chosen.take(NOW)
    shares = [one.open_leads / one.weight for one in people]
    assert sum(one.open_leads for one in people) == leads
    assert max(shares) - min(shares) <= 1
