"""The platform's fee by a dated table, and how a refund is shared between dealer and platform."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from core.money import PAISA


@dataclass(frozen=True)
class FeeRate:
    """The fee from a day on: a share of the amount, within bounds, in whole rupees."""

    since: date
    basis_points: int
    least_pkr: int
    most_pkr: int


RATES: Final = (FeeRate(date(2025, 1, 1), 200, 100, 5_000),)
"""In the order of their days; a deposit keeps the rate of the day on which it was made."""


def fee_of(amount_paisa: int, day: date) -> int:
    """Return the fee of an amount in paisa, by the rate of a day: whole rupees, never more than the amount.

    Raises:
        ValueError: the table has no rate for the day.
    """
    known = [rate for rate in RATES if rate.since <= day]
    if not known:
        raise ValueError(f"No fee is known for {day}.")
    rate = known[-1]
    rupees = min(max(amount_paisa * rate.basis_points // (10_000 * PAISA), rate.least_pkr), rate.most_pkr)
    return min(rupees * PAISA, amount_paisa)


@dataclass(frozen=True)
class Share:
    """The shares of an amount, in paisa."""

    dealer: int
    fee: int


def share_of(amount: int, fee: int, refunded: int) -> Share:
    """Share what is left of a captured deposit: the fee in proportion, in whole rupees, the rest the dealer's."""
    left = amount - refunded
    part = fee * left // (amount * PAISA) * PAISA if refunded else fee
    return Share(left - part, part)


def refund_share(amount: int, fee: int, refunded: int, refund: int) -> Share:
    """Return what dealer and platform give of a refund, after earlier ones."""
    before, after = share_of(amount, fee, refunded), share_of(amount, fee, refunded + refund)
    return Share(before.dealer - after.dealer, before.fee - after.fee)
