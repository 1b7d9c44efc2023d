"""Why a deposit is refused, or an act on one."""

from uuid import UUID

from core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError


class DepositNotFoundError(NotFoundError):
    """There is no such deposit, or the caller may not know of it."""

    code = "deposit_not_found"

    def __init__(self, deposit_id: UUID) -> None:
        super().__init__(f"There is no deposit {deposit_id}: read the id again in the answer of POST /v1/deposits.")


class DepositNeedsDealerError(ConflictError):
    """The car is a private ad."""

    code = "deposit_needs_dealer"

    def __init__(self) -> None:
        super().__init__("Deposits are taken on dealers' cars: agree with a private seller by yourselves.")


class CarNotOnOfferError(ConflictError):
    """The car cannot be reserved by a deposit now."""

    code = "car_not_on_offer"

    def __init__(self) -> None:
        super().__init__("The car is not on offer now: look for its present state, or for another car.")


class DepositAlreadyOpenError(ConflictError):
    """Another deposit keeps the car."""

    code = "deposit_already_open"

    def __init__(self) -> None:
        super().__init__("Another deposit keeps this car: try again later, it may end unpaid.")


class TooManyDepositsError(ConflictError):
    """The person has as many unpaid deposits as one may have."""

    code = "too_many_deposits"

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} unpaid deposits: pay or void one first.")


class BadDepositAmountError(InvalidInputError):
    """The amount is out of bounds."""

    code = "bad_deposit_amount"

    def __init__(self, least: int, most: int) -> None:
        super().__init__(f"A deposit on this car is from {least:,} to {most:,} rupees.")


class UnknownProviderError(InvalidInputError):
    """There is no such provider here."""

    code = "unknown_provider"

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"Deposits are paid at: {', '.join(names)}.")


class UnknownLeadError(InvalidInputError):
    """The lead is not the buyer's own for this car."""

    code = "unknown_lead"

    def __init__(self) -> None:
        super().__init__("The lead is not one of yours for this car: leave it out, or name the right one.")


class DepositStateError(ConflictError):
    """The deposit is in a state in which this cannot be done."""

    code = "deposit_state"

    def __init__(self, state: str) -> None:
        super().__init__(f"The deposit is {state}, and this cannot be done then: read it again.")


class CoolingOffError(ConflictError):
    """The buyer may still change their mind."""

    code = "cooling_off"

    def __init__(self, until: str) -> None:
        super().__init__(f"The buyer may withdraw until {until}: capture the deposit after that.")


class BadRefundAmountError(InvalidInputError):
    """A refund is of more than there is, or of a part of a hold."""

    code = "bad_refund_amount"

    def __init__(self, left: int, *, whole: bool = False) -> None:
        amount = f"exactly {left:,} rupees, since nothing was captured" if whole else f"1 to {left:,} rupees"
        super().__init__(f"A refund of this deposit is of {amount}.")


class RefundNotFoundError(NotFoundError):
    """There is no such refund of the deposit that waits for an approval."""

    code = "refund_not_found"

    def __init__(self) -> None:
        super().__init__("No such refund of this deposit waits for an approval: read the deposit again.")


class SamePersonError(ForbiddenError):
    """The one who asked may not approve."""

    code = "same_person"

    def __init__(self) -> None:
        super().__init__("Another person than the one who asked must approve this.")


class NoDisputeError(ConflictError):
    """No dispute is open."""

    code = "no_dispute"

    def __init__(self) -> None:
        super().__init__("The deposit has no open dispute: open one first, without an outcome.")


class PayoutRefusedError(ConflictError):
    """The organisation has not got so much, or another payout waits."""

    code = "payout_refused"

    def __init__(self, left: int) -> None:
        super().__init__(f"The organisation has {left:,} rupees to be paid out, and one payout at a time can wait.")


class PayoutNotFoundError(NotFoundError):
    """There is no such payout that waits."""

    code = "payout_not_found"

    def __init__(self) -> None:
        super().__init__("No such payout waits for an approval.")


class ProviderNotFoundError(NotFoundError):
    """No provider of this name calls back here."""

    code = "provider_not_found"

    def __init__(self) -> None:
        super().__init__("There is no payment provider of this name here.")


class PaymentPageEndedError(NotFoundError):
    """There is no such payment page, or it has ended."""

    code = "payment_page_ended"

    def __init__(self) -> None:
        super().__init__("This payment page has ended: open a new deposit, unless you have paid.")


class NothingToEnterError(NotFoundError):
    """No payment or refund by hand is waited for under this reference."""

    code = "nothing_to_enter"

    def __init__(self) -> None:
        super().__init__("No transfer is waited for under this reference, and no refund that people must confirm.")


class EntryNotFoundError(NotFoundError):
    """There is no such entry that waits."""

    code = "entry_not_found"

    def __init__(self) -> None:
        super().__init__("No such entry waits for an approval.")


class EntryRefusedError(ConflictError):
    """The entry says something else than what is known."""

    code = "entry_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The entry cannot be taken: {reason}.")


class NoReceiptError(NotFoundError):
    """No money came for the deposit, so there is no receipt."""

    code = "no_receipt"

    def __init__(self) -> None:
        super().__init__("There is no receipt yet: one is issued when the money has come.")
