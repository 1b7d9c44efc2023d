"""Decide whether a figure may rest on cars that its reader may not see.

A figure that one hidden car can move tells that the car exists, and what is asked for it. So hidden cars count only in
groups ("cells") of at least `FEWEST_CARS` cars of `FEWEST_SELLERS` sellers, a dealer being one seller and each private
seller being one too. Cars that the reader sees are no cover for one that is hidden, since they can be subtracted: a
cell counts its hidden cars alone.
"""

from collections.abc import Mapping, Sequence
from typing import overload
from uuid import UUID

import polars as pl

FEWEST_CARS = 5
FEWEST_SELLERS = 3
SELLER_SQL = "CASE WHEN o.kind = 'marketplace' THEN coalesce(l.seller_id, l.id) ELSE o.id END::text"
"""The seller of a car, over `listings l JOIN orgs o`; in a marketplace an ad without one has its own."""
FEWEST_COMPARED_DEALERS = 5
"""Benchmarks and market reports for a dealer rest on at least this many other dealers."""
FEWEST_SALES = 1_000
"""Expected sale prices and times rest on at least this many sales, of which nobody but their sellers is told."""
FEWEST_DEVICES = 20
"""The number of different devices that must have typed a word before people are shown it."""
FEWEST_TIMED = 5
"""Percentiles of times that a dealer reads rest on at least this many: of one alone they tell when that one came."""
LARGEST_SHARE = 0.5
"""No seller has more than this share of the cars of a benchmark, or of the sales that a figure rests on: it would tell
what that one does. At least a half, so that the second largest seller never needs to give way to it."""


@overload
def may_be_told(cars: int, sellers: int) -> bool: ...
@overload
def may_be_told(cars: pl.Expr, sellers: pl.Expr) -> pl.Expr: ...
def may_be_told(cars: int | pl.Expr, sellers: int | pl.Expr) -> bool | pl.Expr:
    """Decide whether a figure may rest on hidden cars, by their number and that of their sellers.

    Args:
        cars: the number of hidden cars in the cell; a number, or a polars expression of one.
        sellers: the number of their sellers, of the same kind.

    >>> may_be_told(5, 3), may_be_told(40, 2), may_be_told(4, 4)
    (True, False, False)
    """
    return (cars >= FEWEST_CARS) & (sellers >= FEWEST_SELLERS)


def may_teach_sales(sales: int, sellers: int) -> bool:
    """Decide whether what everybody is told of sales may rest on so many, of so many sellers.

    >>> may_teach_sales(1000, 3), may_teach_sales(999, 40), may_teach_sales(5000, 2)
    (True, False, False)
    """
    return sales >= FEWEST_SALES and sellers >= FEWEST_SELLERS


def undominated(cars: pl.DataFrame, cell: Sequence[str], *, seller: str, counted: str) -> pl.DataFrame:
    """Leave out cars of a seller who has over `LARGEST_SHARE` of the counted cars of a cell, until it has no more.

    The cars of such a seller are thinned evenly in the order of the rows, counted and other ones by the same share; a
    seller who is alone in a cell keeps none. What is left is to be counted by the other thresholds.

    Args:
        cars: one row a car.
        cell: the columns whose values make a cell; none for all cars together.
        seller: the column that names who sells it.
        counted: the column that says whether the car counts.

    >>> cars = pl.DataFrame({"by": list("aaaaaabc"), "sold": [True] * 8})
    >>> undominated(cars, [], seller="by", counted="sold")["by"].to_list()
    ['a', 'a', 'b', 'c']
    """
    whole, own = [pl.lit(0), *map(pl.col, cell)], [*cell, seller]
    count = pl.col(counted).cast(pl.Int64).sum()
    most = ((count.over(whole) - count.over(own)) * LARGEST_SHARE / (1 - LARGEST_SHARE)).floor()
    place = pl.int_range(pl.len()).over([*own, counted])
    share = pl.min_horizontal(1.0, most / count.over(own))
    rounded = 1e-9  # of the share: a third of three is one
    kept = ((place + 1) * share + rounded).floor() > (place * share + rounded).floor()
    return cars.filter(kept | (count.over(own) == 0))


def may_be_compared(cars_by_dealer: Mapping[UUID, int], asking: UUID | None = None) -> bool:
    """Decide whether a benchmark or a market report may rest on these dealers' cars.

    Args:
        cars_by_dealer: the number of cars of each dealer that the figure rests on.
        asking: the dealer who reads it. Its own cars are no cover, since it can subtract them: neither it nor they
            count.

    >>> shares = {UUID(int=dealer): 10 for dealer in range(5)}
    >>> may_be_compared(shares), may_be_compared(shares, UUID(int=0)), may_be_compared(shares | {UUID(int=9): 51})
    (True, False, False)
    """
    others = [cars for dealer, cars in cars_by_dealer.items() if dealer != asking and cars > 0]
    return len(others) >= FEWEST_COMPARED_DEALERS and max(others) <= LARGEST_SHARE * sum(others)


def may_be_published(cars_by_seller: Mapping[UUID, int]) -> bool:
    """Decide whether everybody may be told of a figure: it may be compared, whichever of its sellers reads it.

    Where it holds of parts it holds of their union, so sums of whole parts may be subtracted from each other.

    >>> shares = {UUID(int=seller): 10 for seller in range(6)}
    >>> may_be_published(shares), may_be_published(dict(list(shares.items())[:5])), may_be_published({})
    (True, False, False)
    """
    return bool(cars_by_seller) and all(may_be_compared(cars_by_seller, seller) for seller in cars_by_seller)


def tellable(cars: pl.DataFrame, cell: Sequence[str], *, visible: str, seller: str) -> pl.Series:
    """Mark the cars that an answer may rest on: all visible ones, and the hidden ones of cells that are large enough.

    Args:
        cars: one row a car.
        cell: the columns whose values make a cell; null is a value of its own.
        visible: the column that says whether the reader may see the car.
        seller: the column that names who sells it.

    >>> cars = pl.DataFrame({"model": ["Alto"] * 6, "open": [True] + [False] * 5, "by": list("aabbcc")})
    >>> tellable(cars, ["model"], visible="open", seller="by").to_list()
    [True, True, True, True, True, True]
    >>> tellable(cars[:5], ["model"], visible="open", seller="by").to_list()
    [True, False, False, False, False]
    """
    hidden = ~pl.col(visible)
    count = hidden.cast(pl.Int64).sum().over(cell)
    sellers = pl.col(seller).filter(hidden).n_unique().over(cell)
    return cars.select(told=pl.col(visible) | may_be_told(count, sellers)).to_series()
