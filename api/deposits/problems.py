"""Problems of the deposits operations."""

from api.contract.problems import BodyTooLargeError, UploadCutShortError, UploadTooSlowError
from api.parameters import EXAMPLE_LISTING_ID
from core.errors import AutomartError
from core.idempotency.errors import KeyNeededError
from serving.deposits.errors import (
    BadDepositAmountError,
    BadRefundAmountError,
    CarNotOnOfferError,
    CoolingOffError,
    DepositAlreadyOpenError,
    DepositNeedsDealerError,
    DepositNotFoundError,
    DepositStateError,
    EntryNotFoundError,
    EntryRefusedError,
    NoDisputeError,
    NoReceiptError,
    NothingToEnterError,
    PaymentPageEndedError,
    PayoutNotFoundError,
    PayoutRefusedError,
    ProviderNotFoundError,
    RefundNotFoundError,
    SamePersonError,
    TooManyDepositsError,
    UnknownLeadError,
    UnknownProviderError,
)
from serving.identity.errors import PeopleOnlyError
from serving.identity.orgs.orgs import UnknownOrgError
from serving.listings.errors import ListingNotFoundError

KEY = KeyNeededError()
OPEN_PROBLEMS: tuple[AutomartError, ...] = (
    KEY,
    PeopleOnlyError(),
    ListingNotFoundError(EXAMPLE_LISTING_ID),
    UnknownProviderError(["sandbox"]),
    UnknownLeadError(),
    BadDepositAmountError(1_000, 1_000_000),
    DepositNeedsDealerError(),
    CarNotOnOfferError(),
    DepositAlreadyOpenError(),
    TooManyDepositsError(2),
)
READ_PROBLEMS: tuple[AutomartError, ...] = (DepositNotFoundError(EXAMPLE_LISTING_ID),)
ACT_PROBLEMS: tuple[AutomartError, ...] = (KEY, *READ_PROBLEMS, DepositStateError("expired"))
CAPTURE_PROBLEMS: tuple[AutomartError, ...] = (*ACT_PROBLEMS, CoolingOffError("2026-11-28T10:00:00+00:00"))
REFUND_PROBLEMS: tuple[AutomartError, ...] = (*ACT_PROBLEMS, PeopleOnlyError(), BadRefundAmountError(25_000))
APPROVE_PROBLEMS: tuple[AutomartError, ...] = (
    *ACT_PROBLEMS, PeopleOnlyError(), RefundNotFoundError(), SamePersonError(),
)  # fmt: skip
DISPUTE_PROBLEMS: tuple[AutomartError, ...] = (*ACT_PROBLEMS, NoDisputeError())
PAYOUT_PROBLEMS: tuple[AutomartError, ...] = (
    KEY, PeopleOnlyError(), UnknownOrgError(), PayoutRefusedError(20_000),
)  # fmt: skip
PAYOUT_APPROVAL_PROBLEMS: tuple[AutomartError, ...] = (
    KEY, PeopleOnlyError(), PayoutNotFoundError(), SamePersonError(),
)  # fmt: skip
CALLBACK_PROBLEMS: tuple[AutomartError, ...] = (
    ProviderNotFoundError(),
    BodyTooLargeError(65_536),
    UploadTooSlowError(),
    UploadCutShortError(),
)
RETURN_PROBLEMS: tuple[AutomartError, ...] = (ProviderNotFoundError(),)
PAGE_PROBLEMS: tuple[AutomartError, ...] = (PaymentPageEndedError(),)
RECEIPT_PROBLEMS: tuple[AutomartError, ...] = (*READ_PROBLEMS, NoReceiptError())
ENTRY_PROBLEMS: tuple[AutomartError, ...] = (KEY, PeopleOnlyError(), NothingToEnterError())
ENTRY_APPROVAL_PROBLEMS: tuple[AutomartError, ...] = (
    KEY, PeopleOnlyError(), EntryNotFoundError(), SamePersonError(), EntryRefusedError("the refund is done"),
)  # fmt: skip
PROBLEMS = (
    *OPEN_PROBLEMS, *CAPTURE_PROBLEMS, *REFUND_PROBLEMS, *APPROVE_PROBLEMS, *DISPUTE_PROBLEMS, *PAYOUT_PROBLEMS,
    *PAYOUT_APPROVAL_PROBLEMS, *CALLBACK_PROBLEMS, *PAGE_PROBLEMS, *RECEIPT_PROBLEMS, *ENTRY_PROBLEMS,
    *ENTRY_APPROVAL_PROBLEMS,
)  # fmt: skip
