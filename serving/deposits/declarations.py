"""Assemble the declarations of the deposits domain."""

from datetime import timedelta

from core.access.permissions import Permission
from core.access.roles import Role
from core.declarations import Declarations, EventType, PersonalColumn, RateLimit, Retention
from core.states.deposits import DepositEvent
from serving.deposits.personal_data import ERASERS, EXPORTERS
from serving.deposits.webhook_events import DEPOSIT_WEBHOOKS

_DEALERS = frozenset({Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN})
_FINANCE = frozenset({Role.FINANCE})
_BUYER = frozenset({Role.BUYER})
READ_DEPOSITS = Permission(
    "deposits.read", "see deposits that one has made, or on cars of one's organisation", _BUYER | _DEALERS | _FINANCE
)
ANSWER_DEPOSITS = Permission("deposits.answer", "accept and decline deposits on one's cars", _DEALERS)
CAPTURE_DEPOSITS = Permission("deposits.capture", "take a held deposit: the car is sold", _DEALERS | _FINANCE)
VOID_DEPOSITS = Permission("deposits.void", "withdraw one's own deposit before it is captured", _BUYER | _FINANCE)
REFUND_DEPOSITS = Permission("deposits.refund", "ask for refunds, and approve those of other people", _FINANCE)
DISPUTE_DEPOSITS = Permission("deposits.dispute", "open a dispute of a deposit", _BUYER | _FINANCE)
PAY_OUT = Permission("deposits.pay_out", "ask for payouts to organisations, and approve those of others", _FINANCE)
ENTER_PAYMENTS = Permission(
    "deposits.enter", "enter money that came or went by hand, and approve entries of other people", _FINANCE
)

_KINDS = ("created", *map(str, DepositEvent), "accepted", "dispute_won")

DECLARATIONS = Declarations(
    permissions=(
        READ_DEPOSITS,
        ANSWER_DEPOSITS,
        CAPTURE_DEPOSITS,
        VOID_DEPOSITS,
        REFUND_DEPOSITS,
        DISPUTE_DEPOSITS,
        PAY_OUT,
        ENTER_PAYMENTS,
    ),
    rate_limits=(RateLimit("POST /v1/deposits", calls=30, seconds=3_600, per=("user",)),),
    events=tuple(EventType("deposit", kind, ("state", "listing_id", "amount_pkr", "ended_as")) for kind in _KINDS),
    webhook_events=DEPOSIT_WEBHOOKS,
    personal_columns=(
        PersonalColumn("deposits", "reason", "why an act was done, contacts masked", "masked"),
        PersonalColumn("deposit_refunds", "reason", "why money goes back", "masked", about="outside"),
        PersonalColumn("deposit_disputes", "reason", "why a payment is disputed", "masked", about="outside"),
        PersonalColumn("payment_webhooks", "body", "a provider's notification", "masked", about="outside"),
    ),
    retention=(
        Retention("payment_webhooks", "callbacks of payment providers", "received_at", timedelta(days=400)),
    ),
    erasers=ERASERS,
    exporters=EXPORTERS,
    harmless_columns={
        "ledger_accounts": ("kind", "name", "currency"),
        "ledger_transfers": ("reference", "kind", "phase"),
        "ledger_entries": ("currency",),
        "deposits": (
            "provider", "currency", "state", "ended_as", "former_by", "asked_status", "asked_by", "disputed_from",
        ),
        "payment_intents": ("provider", "reference", "currency", "state", "page_url", "provider_token"),
        "payments": ("provider", "provider_transaction", "currency", "use", "reason"),
        "deposit_refunds": ("reference", "kind", "state", "provider_refund"),
        "payment_webhooks": ("provider", "digest", "headers", "signature", "reference", "verdict"),
        "receipt_series": ("series",),
        "deposit_receipts": ("series", "kind"),
        "deposit_disputes": ("state",),
        "deposit_tasks": ("kind", "subject", "details"),
        "deposit_payouts": ("state",),
        "settlement_lines": ("provider", "kind", "provider_transaction", "reference", "file_digest"),
        "payment_entries": ("kind", "provider_transaction", "state"),
    },
)  # fmt: skip
