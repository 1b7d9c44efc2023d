"""The life of a listing as one table: what each state means for everybody, and who may move a listing out of it.

Everything that asks whether a listing is on offer asks here, in Python or in SQL; a test of the architecture finds
conditions that name states of their own. Triggers in migrations repeat one column (`searched`); a test holds them
equal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, SQLColumnExpression, literal_column

from core.vocabulary import ListingStatus as State


class Mover(StrEnum):
    """The parties that move listings between states."""

    FEED = "feed"
    DEALER = "dealer"  # people and systems of the organisation that offers the car
    SELLER = "seller"  # the private seller whose ad it is
    MODERATOR = "moderator"
    RULES = "rules"  # of moderation
    DEPOSIT = "deposit"
    CLOCK = "clock"


class Giver(StrEnum):
    """The kinds of parties whose word a state can be, as `listings.state_by` keeps it.

    Feeds change states that feeds gave and no others; what a deposit gave, the deposit alone takes back.
    """

    FEED = "feed"
    PERSON = "person"
    DEPOSIT = "deposit"
    PLATFORM = "platform"  # rules of moderation, and the clock


GIVERS: Final[Mapping[Mover, Giver]] = {
    Mover.FEED: Giver.FEED,
    Mover.DEALER: Giver.PERSON,
    Mover.SELLER: Giver.PERSON,
    Mover.MODERATOR: Giver.PERSON,
    Mover.RULES: Giver.PLATFORM,
    Mover.DEPOSIT: Giver.DEPOSIT,
    Mover.CLOCK: Giver.PLATFORM,
}

Use = Literal["searched", "opened", "priced", "counted", "taught_now", "taught_past", "sold"]


@dataclass(frozen=True)
class StateRules:
    """One row of the table.

    Args:
        searched: it is in the index, and its changes are told of as those of a car on offer.
        opened: strangers may open its page and its photos, as far as its visibility allows.
        priced: it has a price band.
        counted: facets, the typical car and comparables count it.
        taught: models learn from it as it is asked `now`, as it was last asked in the `past`, or `never`.
        moves: by next state, the parties that may bring it there.
        sold: somebody has bought it.
    """

    searched: bool
    opened: bool
    priced: bool
    counted: bool
    taught: Literal["now", "past", "never"]
    moves: Mapping[State, frozenset[Mover]]
    sold: bool = False

    def allows(self, use: Use) -> bool:
        """Tell whether a listing of this state takes part in something."""
        if use in ("taught_now", "taught_past"):
            return self.taught == use.removeprefix("taught_")
        return bool(getattr(self, use))


def _by(*movers: Mover) -> frozenset[Mover]:
    return frozenset(movers)


_F, _D, _S, _M = Mover.FEED, Mover.DEALER, Mover.SELLER, Mover.MODERATOR
_R, _H, _C = Mover.RULES, Mover.DEPOSIT, Mover.CLOCK
_OFFERED: Final[dict[str, Any]] = {"searched": True, "opened": True, "priced": True, "counted": True}
_HIDDEN: Final[dict[str, Any]] = {"searched": False, "opened": False, "priced": False, "counted": False}

LISTING_STATES: Final[Mapping[State, StateRules]] = {
    State.DRAFT: StateRules(
        **_HIDDEN,
        taught="never",
        moves={State.IN_REVIEW: _by(_S), State.LIVE: _by(_D), State.WITHDRAWN: _by(_D, _S)},
    ),
    State.IN_REVIEW: StateRules(
        **_HIDDEN,
        taught="never",
        moves={State.LIVE: _by(_R, _M), State.REJECTED: _by(_R, _M), State.DRAFT: _by(_S), State.WITHDRAWN: _by(_S)},
    ),
    State.LIVE: StateRules(
        **_OFFERED,
        taught="now",
        moves={
            State.RESERVED: _by(_D, _S, _H),
            State.SOLD: _by(_D, _S, _H),
            State.WITHDRAWN: _by(_F, _D, _S),
            State.EXPIRED: _by(_C),
            State.IN_REVIEW: _by(_R, _M),
            State.REJECTED: _by(_R, _M),
        },
    ),
    State.RESERVED: StateRules(
        **_OFFERED,
        taught="now",
        moves={
            State.LIVE: _by(_D, _S, _H),
            State.SOLD: _by(_D, _S, _H),
            State.WITHDRAWN: _by(_D, _S),
            State.REJECTED: _by(_M),
        },
    ),
    State.SOLD: StateRules(
        **_HIDDEN,
        taught="past",
        moves={State.LIVE: _by(_D), State.IN_REVIEW: _by(_S)},
        sold=True,
    ),
    State.WITHDRAWN: StateRules(
        **_HIDDEN,
        taught="past",
        moves={State.LIVE: _by(_F, _D), State.IN_REVIEW: _by(_S), State.SOLD: _by(_D, _S)},
    ),
    State.EXPIRED: StateRules(
        **_HIDDEN,
        taught="past",
        moves={State.LIVE: _by(_D), State.IN_REVIEW: _by(_S), State.SOLD: _by(_D, _S), State.WITHDRAWN: _by(_D, _S)},
    ),
    State.REJECTED: StateRules(
        **_HIDDEN,
        taught="never",
        # A dealer's withdrawn car can be put on offer again without review: so a rejected one never becomes withdrawn.
        moves={State.IN_REVIEW: _by(_D, _S), State.DRAFT: _by(_S), State.LIVE: _by(_M), State.WITHDRAWN: _by(_S)},
    ),
}


def quoted(words: Iterable[str]) -> str:
    """Write words as a list of SQL."""
    return ", ".join(f"'{word}'" for word in words)


def states(use: Use) -> tuple[State, ...]:
    """Return the states of listings that take part in something, in the order of the table."""
    return tuple(state for state, rules in LISTING_STATES.items() if rules.allows(use))


def is_in(status: str, use: Use) -> bool:
    """Tell whether a listing of this state takes part in something."""
    return LISTING_STATES[State(status)].allows(use)


def reservation_ended(old: str, new: str) -> bool:
    """Tell whether a move makes a reserved listing free for everybody again."""
    return old == State.RESERVED and new == State.LIVE


def state_sql(use: Use, column: str = "l.status") -> str:
    """Return the condition on a column, as SQL. Always the same words: partial indexes are found by them."""
    return f"{column} IN ({quoted(states(use))})"


def in_states(column: SQLColumnExpression[str], use: Use) -> ColumnElement[bool]:
    """Return the condition on a column, for statements of SQLAlchemy; without parameters, as `state_sql`."""
    return column.in_([literal_column(f"'{state}'") for state in states(use)])


def left_by(mover: Mover, *, to: State | None = None) -> tuple[State, ...]:
    """Return the states out of which a party may move a listing, to any state or to one."""
    return tuple(
        state
        for state, rules in LISTING_STATES.items()
        if any(mover in movers for target, movers in rules.moves.items() if to in (None, target))
    )


def may_move(old: State, new: State, mover: Mover, given_by: Giver) -> bool:
    """Tell whether a party may move a listing whose present state another, or the same, party gave.

    A feed changes only what a feed gave. What a deposit gave stands until the deposit itself ends.
    """
    if mover not in LISTING_STATES[old].moves.get(new, frozenset()):
        return False
    if mover is Mover.FEED:
        return given_by is Giver.FEED
    return given_by is not Giver.DEPOSIT or mover is Mover.DEPOSIT


def feed_moves_sql(to: State, table: str = "l") -> str:
    """Return, as SQL, the condition that a feed may bring a listing to a state."""
    names = left_by(Mover.FEED, to=to)
    return f"({table}.status IN ({quoted(names)}) AND {table}.state_by = '{Giver.FEED}')" if names else "false"
