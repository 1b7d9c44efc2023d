"""The ledger against a model of it, and the database's own walls around it."""

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from pipelines.deposits.ledger.balances import balances, prove
from pipelines.deposits.ledger.book import Ending, Ledger
from pipelines.deposits.ledger.errors import BadTransferError, PendingEndedError, ReferenceReusedError
from pipelines.deposits.ledger.postings import (
    FEES,
    MOST_PAISA,
    UNALLOCATED,
    Account,
    Entry,
    Movement,
    between,
    buyer,
    clearing,
    dealer,
    merged,
)
from tests.examples import examples
from tests.factories.sessions import rolled_back

ACCOUNTS = (*(buyer(UUID(int=n)) for n in (1, 2)), dealer(UUID(int=9)), FEES, UNALLOCATED, clearing("sandbox"))
PAISA = st.one_of(st.integers(1, 10_000_00), st.just(1), st.just(MOST_PAISA // 8))
MOVES = st.lists(
    st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), PAISA).filter(lambda each: each[0] != each[1]),
    min_size=1,
    max_size=3,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("post", "reserve")), st.integers(0, 6), MOVES),
        st.tuples(st.sampled_from(("post_pending", "void", "expire")), st.integers(0, 6), st.none()),
    ),
    max_size=14,
)


class Model:
    """Books as two dictionaries."""

    def __init__(self) -> None:
        self.posted: defaultdict[Account, int] = defaultdict(int)
        self.pending: dict[int, tuple[Entry, ...]] = {}
        self.known: dict[int, tuple[str, tuple[Entry, ...]]] = {}

    def write(self, number: int, how: str, entries: tuple[Entry, ...]) -> bool:
        if number in self.known:
            return self.known[number] == (how, entries)
        self.known[number] = (how, entries)
        if how == "reserve":
            self.pending[number] = entries
        else:
            self._take(entries)
        return True

    def end(self, number: int, how: str) -> bool:
        if number not in self.pending:
            return False
        entries = self.pending.pop(number)
        if how == "post_pending":
            self._take(entries)
        return True

    def _take(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            self.posted[entry.account] += entry.paisa

    def promised(self) -> dict[Account, int]:
        sums: defaultdict[Account, int] = defaultdict(int)
        for entries in self.pending.values():
            for entry in entries:
                sums[entry.account] += entry.paisa
        return {account: paisa for account, paisa in sums.items() if paisa}


def entries_of(moves: list[tuple[Account, Account, int]]) -> tuple[Entry, ...]:
    return merged([entry for debit, credit, paisa in moves for entry in between(debit, credit, paisa)])


@given(STEPS)
@settings(max_examples=examples(60))
def test_ledger_agrees_with_a_model_and_with_its_replay(engine: Engine, steps: list[Any]) -> None:
    with rolled_back(engine) as session:
        ledger, model, ids = Ledger(session), Model(), {}
        for how, number, moves in steps:
            entries = () if moves is None else entries_of(moves)
            if moves is not None and len(entries) < 2:
                continue
            ids[number] = _both(ledger, model, (how, number, entries), ids.get(number))
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        told = {Account(each.kind, each.owner_id, each.name, each.currency): each for each in balances(session)}
        assert {a: b.posted for a, b in told.items() if b.posted} == {a: n for a, n in model.posted.items() if n}
        assert {a: b.pending for a, b in told.items() if b.pending} == model.promised()
        proof = prove(session)
        assert proof.holds, proof
        assert set(proof.sums.values()) <= {0}


def _both(ledger: Ledger, model: Model, step: tuple[str, int, tuple[Entry, ...]], known: UUID | None) -> UUID | None:
    """Do a step in both; return the transfer's id."""
    how, number, entries = step
    if how in ("post", "reserve"):
        write: Callable[[Movement], UUID] = ledger.post if how == "post" else ledger.reserve
        movement = Movement(f"r{number}", "test", entries)
        if model.write(number, how, entries):
            made = write(movement)
            assert known in (None, made)
            return made
        with pytest.raises(ReferenceReusedError):
            write(movement)
        return known
    if known is None:
        return None
    ending: Ending = "post" if how == "post_pending" else "void" if how == "void" else "expire"
    if model.end(number, how):
        ledger.end(f"r{number}", ending)
    else:
        with pytest.raises(PendingEndedError):
            ledger.end(f"r{number}", ending)
    return known


@pytest.mark.parametrize("paisa", [0, 1.0, True, float("nan"), "1", MOST_PAISA + 1, None])
def test_amounts_that_are_no_whole_paisa_are_refused(paisa: Any) -> None:
    with pytest.raises(BadTransferError):
        Movement("x", "test", (Entry(FEES, paisa), Entry(UNALLOCATED, -1)))


def test_entries_that_do_not_balance_in_each_currency_are_refused() -> None:
    dollars = Account("unallocated", currency="USD")
    for entries in ((Entry(FEES, 1), Entry(UNALLOCATED, -2)), (Entry(FEES, 1), Entry(dollars, -1)), (Entry(FEES, 1),)):
        with pytest.raises(BadTransferError):
            Movement("x", "test", entries)


_ACCOUNT = "(SELECT id FROM ledger_accounts WHERE kind = '{}' LIMIT 1)"
_TRANSFER = "INSERT INTO ledger_transfers (id, reference, kind, phase, pending_id) VALUES ('{}', '{}', 'x', '{}', {})"
_ENTRY = "INSERT INTO ledger_entries (transfer_id, account_id, currency, amount_paisa) VALUES ('{}', {}, '{}', {})"


def book(session: Session, *, pending: bool = False) -> UUID:
    movement = Movement(str(uuid4()), "test", between(FEES, UNALLOCATED, 5))
    ledger = Ledger(session)
    return ledger.reserve(movement) if pending else ledger.post(movement)


def entry(transfer: UUID, account: str, paisa: int, currency: str = "PKR") -> str:
    return _ENTRY.format(transfer, _ACCOUNT.format(account), currency, paisa)


def begin(transfer: UUID, phase: str = "posted", pending: UUID | None = None) -> str:
    return _TRANSFER.format(transfer, transfer, phase, "NULL" if pending is None else f"'{pending}'")


def attacks(done: UUID, pending: UUID) -> dict[str, list[str]]:
    new = uuid4()
    fee, other = entry(new, "platform_fee", 7), entry(new, "unallocated", -7)
    return {
        "one side": [begin(new), fee],
        "no side": [begin(new)],
        "other sum": [begin(new), fee, entry(new, "unallocated", -6)],
        "other currency": [begin(new), fee, entry(new, "unallocated", -7, "USD")],
        "balanced, later": [entry(done, "platform_fee", 7), entry(done, "unallocated", -7)],
        "after the check": [begin(new), fee, other, "SET CONSTRAINTS ALL IMMEDIATE", fee],
        "post of other entries": [begin(new, "post", pending), fee, other],
        "post of a posted one": [
            begin(new, "post", done),
            entry(new, "platform_fee", 5),
            entry(new, "unallocated", -5),
        ],
        "void that moves": [begin(new, "void", pending), fee, other],
        "end without a pending": [begin(new, "void")],
        "change of an amount": [f"UPDATE ledger_entries SET amount_paisa = 1 WHERE transfer_id = '{done}'"],
        "change of a transfer": [f"UPDATE ledger_transfers SET kind = 'y' WHERE id = '{done}'"],
        "deletion": [f"DELETE FROM ledger_entries WHERE transfer_id = '{done}'"],
        "emptying": ["TRUNCATE ledger_entries"],
    }


def run_all(engine: Engine, statements: list[str]) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize("attack", sorted(attacks(uuid4(), uuid4())))
@pytest.mark.parametrize("login", ["administrator", "pipelines"])
def test_database_refuses_what_is_no_transfer(
    session_factory: SessionFactory, admin_engine: Engine, attack: str, login: str
) -> None:
    with transaction(session_factory) as session:
        done, pending = book(session), book(session, pending=True)
    engine = admin_engine if login == "administrator" else session_factory.kw["bind"]
    with pytest.raises((IntegrityError, ProgrammingError)):
        run_all(engine, attacks(done, pending)[attack])
    with session_factory() as session:
        assert prove(session).holds
        assert session.scalar(text("SELECT count(*) FROM ledger_transfers")) == 2


def test_pending_transfer_ends_once_whoever_is_first(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        Ledger(session).reserve(Movement("promised", "test", between(FEES, UNALLOCATED, 5)))

    def end(number: int) -> bool:
        endings: tuple[Ending, ...] = ("post", "void", "expire")
        try:
            with transaction(session_factory) as session:
                Ledger(session).end("promised", endings[number % 3])
        except PendingEndedError:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(end, range(12))) == [*[False] * 11, True]
    with session_factory() as session:
        assert prove(session).holds
