"""Read settlement files and bank statements: CSV, with the columns of each provider.

A file is read whole or not at all.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from core.clock import PAKISTAN
from core.errors import InvalidInputError
from core.money import BadAmountError, paisa_of_decimal

Kind = Literal["payment", "refund", "payout"]
MOST_BYTES: Final = 64 * 1024 * 1024


class BadSettlementError(InvalidInputError):
    """A settlement file cannot be read."""

    code = "bad_settlement"


@dataclass(frozen=True)
class Line:
    """Money that a provider or the bank says came or went, on a day of Karachi.

    `reference` is ours, "" where it is not told; that of a payout stands in the file for the bank.
    """

    kind: Kind
    transaction: str
    reference: str
    amount_paisa: int
    day: date


@dataclass(frozen=True)
class Columns:
    """The names of the columns of a provider's files, and its words for the kinds.

    Attributes:
        time: an ISO time with its offset, or a time of Karachi without one.
    """

    kind: str
    transaction: str
    reference: str
    amount: str
    time: str
    kinds: Mapping[str, Kind]


_WORDS: Final[Mapping[str, Kind]] = {"payment": "payment", "sale": "payment", "refund": "refund"}
_BANK_WORDS: Final[Mapping[str, Kind]] = {**_WORDS, "payout": "payout"}
"""Organisations are paid from the bank account, and from nowhere else."""
FORMATS: Final[Mapping[str, Columns]] = {
    "sandbox": Columns("kind", "transaction", "reference", "amount_pkr", "at", _WORDS),
    "jazzcash": Columns("Type", "Retrieval Reference No", "Transaction Reference No", "Amount", "Date Time", _WORDS),
    "safepay": Columns("type", "tracker", "order_id", "amount", "created_at", _WORDS),
    "payfast": Columns("Transaction Type", "Transaction ID", "Basket ID", "Amount", "Transaction Date", _WORDS),
    "easypaisa": Columns("Transaction Type", "Order ID", "Order ID", "Amount", "Transaction Date", _WORDS),
    "bank": Columns("kind", "transaction", "reference", "amount_pkr", "at", _BANK_WORDS),
}


def read_settlement(provider: str, data: bytes) -> list[Line]:
    """Read the lines of a file.

    Raises:
        BadSettlementError: the provider has no such files; a column is missing; a line is wrong or there twice.
    """
    columns = FORMATS.get(provider)
    if columns is None:
        raise BadSettlementError(f"There are no settlement files of {provider}; there are of {', '.join(FORMATS)}.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadSettlementError("The file is not in UTF-8: export it as CSV in UTF-8.") from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    named = {columns.kind, columns.transaction, columns.reference, columns.amount, columns.time}
    try:
        if missing := sorted(named - set(rows.fieldnames or ())):
            raise BadSettlementError(f"The file of {provider} lacks the column {missing[0]!r}: export it anew.")
        lines = [_line(row, columns, number) for number, row in enumerate(rows, 2)]
    except csv.Error as error:
        raise BadSettlementError(f"The file is no CSV: {error}.") from error
    seen: set[tuple[str, str]] = set()
    for number, line in enumerate(lines, 2):
        if (line.kind, line.transaction) in seen:
            raise BadSettlementError(f"Line {number} repeats the {line.kind} {line.transaction} of an earlier one.")
        seen.add((line.kind, line.transaction))
    return lines


def _line(row: Mapping[str | None, object], columns: Columns, number: int) -> Line:
    def cell(name: str) -> str:
        value = row.get(name)
        text = value.strip() if isinstance(value, str) else ""
        if "\0" in text or len(text) > 200:
            raise BadSettlementError(f"Line {number}: the column {name!r} holds no text.")
        return text

    kind = columns.kinds.get(cell(columns.kind).lower())
    transaction = cell(columns.transaction)
    if kind is None or not transaction:
        words = ", ".join(columns.kinds)
        raise BadSettlementError(f"Line {number} names no transaction, or its kind is none of: {words}.")
    try:
        amount = paisa_of_decimal(cell(columns.amount).replace(",", ""))
        moment = datetime.fromisoformat(cell(columns.time))
    except (BadAmountError, ValueError) as error:
        raise BadSettlementError(f"Line {number}: the amount or the time is none.") from error
    if amount == 0:
        raise BadSettlementError(f"Line {number}: the amount is 0.")
    local = moment.replace(tzinfo=PAKISTAN) if moment.tzinfo is None else moment.astimezone(PAKISTAN)
    return Line(kind, transaction, cell(columns.reference), amount, local.date())
