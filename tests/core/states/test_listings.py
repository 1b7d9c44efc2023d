"""The table of states is whole and says what the database's triggers and constraints say."""

from typing import get_args

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.states.listings import (
    GIVERS,
    LISTING_STATES,
    Giver,
    Mover,
    feed_moves_sql,
    left_by,
    may_move,
    state_sql,
    states,
)
from core.vocabulary import ListingStatus as State
from serving.listings.finding.views import OpenState
from tests.factories.listings import CHANGES, add_listing, change_listing


def test_table_has_a_row_for_every_state() -> None:
    assert set(LISTING_STATES) == set(State)


def test_index_counts_what_it_finds() -> None:
    """Facets count what is in the index: the two columns can differ only once the index holds more than it finds."""
    assert states("searched") == states("counted")


def test_contract_names_the_states_that_strangers_open() -> None:
    assert get_args(OpenState) == states("opened")


def test_what_is_priced_or_counted_can_be_opened() -> None:
    for state, rules in LISTING_STATES.items():
        assert rules.opened or not (rules.priced or rules.counted or rules.searched), state


def test_states_of_owner_and_moderators_alone_teach_nothing() -> None:
    assert {state for state, rules in LISTING_STATES.items() if rules.taught == "never"} == {
        State.DRAFT, State.IN_REVIEW, State.REJECTED,
    }  # fmt: skip


def test_every_state_can_be_reached_from_draft_and_left() -> None:
    reached, fresh = {State.DRAFT}, {State.DRAFT}
    while fresh:
        fresh = {new for old in fresh for new in LISTING_STATES[old].moves} - reached
        reached |= fresh
    assert reached == set(State)
    assert all(rules.moves for rules in LISTING_STATES.values())


def test_seller_never_publishes_without_review() -> None:
    """A seller alone brings an ad to live only from reserved, where it had been reviewed before."""
    assert left_by(Mover.SELLER, to=State.LIVE) == (State.RESERVED,)


@pytest.mark.parametrize("given_by", [giver for giver in Giver if giver is not Giver.FEED])
@pytest.mark.parametrize("old", State)
@pytest.mark.parametrize("new", State)
def test_feed_moves_nothing_that_others_decided(old: State, new: State, given_by: Giver) -> None:
    assert not may_move(old, new, Mover.FEED, given_by)


@pytest.mark.parametrize("mover", [mover for mover in Mover if mover is not Mover.DEPOSIT])
def test_only_a_deposit_takes_back_what_a_deposit_gave(mover: Mover) -> None:
    assert not any(may_move(State.RESERVED, new, mover, Giver.DEPOSIT) for new in State)
    assert may_move(State.RESERVED, State.LIVE, Mover.DEPOSIT, Giver.DEPOSIT)


def test_every_mover_gives_its_word() -> None:
    assert set(GIVERS) == set(Mover)


@pytest.mark.parametrize("old", State)
@pytest.mark.parametrize("new", State)
def test_event_tells_that_a_car_left_the_market(session: Session, old: State, new: State) -> None:
    """The trigger of the migration repeats the column `searched`."""
    listing_id = add_listing(session, status=old)
    in_order = CHANGES.select().where(CHANGES.c.subject_id == listing_id).order_by(CHANGES.c.id)
    before = session.execute(in_order).all()
    change_listing(session, listing_id, status=new)
    told = session.execute(in_order).all()[len(before) :]
    left = LISTING_STATES[old].searched and not LISTING_STATES[new].searched
    assert [event.kind for event in told] == ([] if old is new else ["removed" if left else "updated"])


@pytest.mark.parametrize("giver", Giver)
@pytest.mark.parametrize("state", State)
def test_sql_of_feed_moves_is_the_table(session: Session, state: State, giver: Giver) -> None:
    listing_id = add_listing(session, status=state, state_by=giver)
    for target in State:
        query = text(f"SELECT {feed_moves_sql(target)} FROM listings l WHERE id = :id")
        found = session.scalar(query, {"id": listing_id})
        assert found == may_move(state, target, Mover.FEED, giver)


def test_partial_indexes_serve_the_condition(session: Session) -> None:
    add_listing(session)
    session.execute(text("SET LOCAL enable_seqscan = off"))
    query = f"EXPLAIN SELECT id FROM listings l WHERE {state_sql('searched')} AND make_key = 'toyota'"
    plan = "\n".join(session.scalars(text(query)))
    assert "ix_listings_offered_" in plan  # which of them the planner takes depends on what it knows of the table
