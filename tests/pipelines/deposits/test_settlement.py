"""Settlement files: read whole or not at all, kept once, and compared with payments and refunds."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.deposit_papers import DepositPayout, SettlementLine
from core.db.tables.deposits import DepositRefund, Payment
from pipelines.deposits.daily import sum_days
from pipelines.deposits.settlement.compare import Reconciliation, compare_settlements
from pipelines.deposits.settlement.files import FORMATS, BadSettlementError, Line, read_settlement
from pipelines.deposits.settlement.keep import KeepResult, keep_lines
from serving.deposits import acts
from serving.deposits.money.payouts import approve_payout, ask_payout
from tests.factories.deposits import AMOUNT, Till, sandbox

HEAD = "kind,transaction,reference,amount_pkr,at\n"


def take_in(sessions: SessionFactory, text: str, provider: str = "sandbox") -> KeepResult:
    data = text.encode()
    with transaction(sessions) as session:
        return keep_lines(session, provider, read_settlement(provider, data), data)


def compared(sessions: SessionFactory) -> Reconciliation:
    with transaction(sessions) as session:
        return compare_settlements(session)


def test_day_of_a_line_is_that_of_karachi() -> None:
    data = HEAD + "payment,S1,AMD1,25000.50,2026-05-02T20:00:00+00:00\nrefund,R1,AMR1,1,2026-05-02 23:59:00\n"
    assert read_settlement("sandbox", b"\xef\xbb\xbf" + data.encode()) == [
        Line("payment", "S1", "AMD1", 25_000_50, date(2026, 5, 3)),
        Line("refund", "R1", "AMR1", 1_00, date(2026, 5, 2)),
    ]


@pytest.mark.parametrize("provider", FORMATS)
def test_every_provider_has_its_columns(provider: str) -> None:
    columns = FORMATS[provider]
    named = {columns.kind: "Refund", columns.transaction: "T1", columns.reference: "T1", columns.amount: "1,000.00"}
    named[columns.time] = "2026-05-02 10:00"
    cells = '","'.join(named.values())
    text = f'x,{",".join(named)}\n1,"{cells}"\n'
    assert read_settlement(provider, text.encode()) == [Line("refund", "T1", "T1", 1_000_00, date(2026, 5, 2))]


GOOD = "payment,S1,AMD1,25000,2026-05-02"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\xff", "UTF-8"),
        (b"", "lacks the column"),
        (b"kind,transaction\n", "lacks the column 'amount_pkr'"),
        *((f"{HEAD}{GOOD}\n{line}\n".encode(), "Line 3") for line in (
            "payment,S2,x,1e5,2026-05-02", "payment,S2,x,NaN,2026-05-02", "payment,S2,x,-5,2026-05-02",
            "payment,S2,x,1.005,2026-05-02", "payment,S2,x,0,2026-05-02", "payment,S2,x,1,yesterday",
            "gift,S2,x,1,2026-05-02",
            "payment,,x,1,2026-05-02", "payment", GOOD, "payment,\0,x,1,2026-05-02",
        )),
        (f'{HEAD}"payment'.encode(), "no CSV"),
    ],
)  # fmt: skip
def test_file_that_is_wrong_anywhere_is_refused_and_says_where(data: bytes, word: str) -> None:
    with pytest.raises(BadSettlementError, match=word):
        read_settlement("sandbox", data)


def test_settlement_of_the_provider_agrees_and_the_same_file_twice_changes_nothing(
    session_factory: SessionFactory,
) -> None:
    with sandbox() as server:
        till = Till.of(session_factory, server)
        till.held()
        ended = till.held()
        till.do(acts.decline_deposit, till.dealer(), ended, None, till.now)
        till.turn()
        text = server.books.settlement()
    assert take_in(session_factory, text) == KeepResult(3, 0, ())
    assert compared(session_factory) == Reconciliation(3, [])
    assert take_in(session_factory, text) == KeepResult(0, 3, ())
    assert compared(session_factory) == Reconciliation(3, [])
    with session_factory() as session:
        assert session.scalar(select(func.count()).select_from(SettlementLine)) == 3
        result = sum_days(session, utc_now().date())
        assert (result.held, result.captured) == (2, 0)
        assert sum_days(session, utc_now().date()) == result


def test_each_difference_is_named_and_unexplained_after_a_day(session_factory: SessionFactory) -> None:
    with sandbox() as server:
        till = Till.of(session_factory, server)
        first, second = till.held(), till.held()
    with transaction(session_factory) as session:
        yesterday = update(Payment).values(created_at=utc_now() - timedelta(days=1, hours=1))
        session.execute(yesterday)
        names = {payment.deposit_id: payment.provider_transaction for payment in session.scalars(select(Payment))}
    today = f"{utc_now():%Y-%m-%dT%H:%M:%S+00:00}"
    take_in(session_factory, HEAD + f"payment,{names[first]},x,{AMOUNT - 1},{today}\npayment,Z9,x,7,{today}\n")
    found = compared(session_factory)
    told = {(each.transaction, each.verdict, each.here_paisa, each.there_paisa) for each in found.differences}
    assert told == {
        (names[first], "amount_differs", AMOUNT * 100, AMOUNT * 100 - 100),
        ("Z9", "missing_here", None, 700),
        (names[second], "missing_there", AMOUNT * 100, None),
    }
    assert [each.transaction for each in found.unexplained(utc_now())] == [names[second]]
    assert len(found.unexplained(utc_now() + timedelta(days=1))) == 3
    changed = take_in(session_factory, HEAD + f"payment,{names[first]},x,{AMOUNT},{today}\n")
    assert changed == KeepResult(0, 1, (names[first],))


@pytest.fixture
def till(session_factory: SessionFactory) -> Iterator[Till]:
    with sandbox() as server:
        yield Till.of(session_factory, server)


def paid_out(till: Till, amount: int) -> str:
    """A payout that finance has approved; it is asked for the bank's statement from yesterday on."""
    asks, approves, now = till.staff(), till.staff(), utc_now() - timedelta(days=2)
    with transaction(till.sessions) as session:
        payout = ask_payout(session, asks, "khan-motors", amount).payout.id
    with transaction(till.sessions) as session:
        approve_payout(session, approves, payout, now)
    return str(payout)


def test_bank_that_paid_another_sum_or_twice_or_nothing_or_unasked_is_named_and_books_stay(till: Till) -> None:
    till.capture(till.held())
    good, short, twice, never = (paid_out(till, amount) for amount in (1_000, 2_000, 3_000, 4_000))
    with transaction(till.sessions) as session:
        waits = str(ask_payout(session, till.staff(), "khan-motors", 5_000).payout.id)
    before, today = till.books(), f"{utc_now():%Y-%m-%d}"
    lines = [
        ("B1", good, 1_000),
        ("B2", short, 1_999),
        ("B3", twice, 3_000),
        ("B4", twice, 3_000),
        ("B5", waits, 5_000),
    ]
    statement = HEAD + "".join(f"payout,{name},{of},{amount},{today}\n" for name, of, amount in lines)
    statement += f"payout,B6,,7,{today}\n"
    assert take_in(till.sessions, statement, "bank") == KeepResult(6, 0, ())
    assert take_in(till.sessions, statement, "bank") == KeepResult(0, 6, ())
    found = compared(till.sessions)
    assert found.matched == 2
    assert [(each.transaction, each.verdict, each.here_paisa, each.there_paisa) for each in found.differences] == [
        (never, "missing_there", 4_000_00, None),
        ("B2", "amount_differs", 2_000_00, 1_999_00),
        ("B4", "missing_here", None, 3_000_00),
        ("B5", "missing_here", None, 5_000_00),
        ("B6", "missing_here", None, 7_00),
    ]
    assert till.books() == before
    with till.sessions() as session:
        assert session.get_one(DepositPayout, UUID(waits)).state == "requested"


def test_refund_that_a_provider_did_twice_is_missing_here_once(till: Till) -> None:
    ended = till.held()
    till.do(acts.decline_deposit, till.dealer(), ended, None, till.now)
    till.turn()
    with till.sessions() as session:
        refund = session.scalars(select(DepositRefund)).one()
    again = HEAD + f"refund,Z1,{refund.reference},{AMOUNT},{utc_now():%Y-%m-%d}\n"
    take_in(till.sessions, again + till.server.books.settlement().partition("\n")[2])
    found = compared(till.sessions)
    assert [(each.transaction, each.verdict) for each in found.differences] == [("Z1", "missing_here")]
    assert found.matched == 2


def test_organisations_are_paid_by_the_bank_alone() -> None:
    with pytest.raises(BadSettlementError, match=r"Line 2.*payment, sale, refund"):
        read_settlement("sandbox", (HEAD + GOOD.replace("payment", "payout")).encode())


def test_numbers_of_no_deposits_are_none(session: Session) -> None:
    assert sum_days(session, utc_now().date()).conversion == 0.0
