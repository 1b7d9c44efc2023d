"""A model of deposits: what they are after each step, in a few lines and without a database."""

from dataclasses import dataclass, field

AMOUNT = 25_000
UNPAID, HELD, CAPTURED = "awaiting_payment", "held", "captured"
REFUNDING, REFUNDED, DISPUTED = "refunding", "refunded", "disputed"
RUNNING = ("due", "lost", "unsent")


@dataclass(eq=False)  # two of one amount are two
class Owed:
    """A refund: `due`; `unsent`, the provider was down; `lost`, it was done and its answer lost; `done`; `cancelled`,
    a dispute was lost after it had been sent; `stopped`.
    """

    amount: int
    state: str = "due"
    arrived: bool = False


@dataclass
class Deposit:
    """A deposit; times are minutes."""

    car: int
    pay_until: float
    state: str = UNPAID
    unseen: list[int] = field(default_factory=list)
    hold_until: float = 0.0
    captured: bool = False
    refunded: int = 0
    refunds: list[Owed] = field(default_factory=list)
    loose: list[Owed] = field(default_factory=list)
    before: str = ""
    disputed: int = 0

    @property
    def running(self) -> int:
        return sum(each.amount for each in self.refunds if each.state in RUNNING)

    @property
    def left(self) -> int:
        return AMOUNT - self.refunded - self.running


@dataclass
class World:
    """Deposits and cars (`live`, `reserved`, `sold`), and the money that the provider holds for us by our books."""

    now: float = 0.0
    cars: dict[int, str] = field(default_factory=dict)
    deposits: list[Deposit] = field(default_factory=list)
    clearing: int = 0

    def may_open(self, car: int) -> bool:
        taken = any(each.car == car and each.state == UNPAID for each in self.deposits)
        return self.cars[car] == "live" and not taken

    def turn(self, minutes: float, *, down: bool = False, lose: bool = False) -> None:
        """Do all due work: see payments, send refunds, end deposits that ran out, and send their refunds."""
        self.now += minutes
        if not down:
            for each in self.deposits:
                self._see(each)
        asked = self._send(down=down, lose=lose, again=True)
        for each in self.deposits:
            self._expire(each, down=down)
        self._send(down=down, lose=lose, again=False, but=asked)

    def _see(self, deposit: Deposit) -> None:
        for amount in deposit.unseen:
            self.clearing += amount
            if amount == AMOUNT and deposit.state == UNPAID:
                if self.cars[deposit.car] == "live":
                    deposit.state, deposit.hold_until = HELD, self.now + 72 * 60
                    self.cars[deposit.car] = "reserved"
                    continue
                deposit.state = "voided"
            deposit.loose.append(Owed(amount))
        deposit.unseen = []

    def _send(self, *, down: bool, lose: bool, again: bool, but: frozenset[int] = frozenset()) -> frozenset[int]:
        seen = set()
        for deposit in self.deposits:
            for owed in (*deposit.refunds, *deposit.loose):
                disputed = deposit.state == DISPUTED
                if id(owed) in but or owed.state in ("done", "stopped") or (owed.state == "due" and disputed):
                    continue
                if owed.state != "due" and not again:
                    continue
                seen.add(id(owed))
                self._send_one(deposit, owed, down=down, lose=lose)
        return frozenset(seen)

    def _send_one(self, deposit: Deposit, owed: Owed, *, down: bool, lose: bool) -> None:
        if down:
            owed.state = "unsent" if owed.state == "due" else owed.state
        elif owed.arrived:
            self._done(deposit, owed)
        elif owed.state == "cancelled" or deposit.state == DISPUTED:
            return
        else:
            owed.arrived = True
            if lose:
                owed.state = "lost"
            else:
                self._done(deposit, owed)

    def _done(self, deposit: Deposit, owed: Owed) -> None:
        self.clearing -= owed.amount
        late, owed.state = owed.state == "cancelled", "done"
        if late or owed in deposit.loose:
            return
        deposit.refunded += owed.amount
        if deposit.state == REFUNDING and not deposit.running:
            deposit.state = REFUNDED

    def _expire(self, deposit: Deposit, *, down: bool) -> None:
        if deposit.state == UNPAID and self.now >= deposit.pay_until + (10 if down else 0):
            deposit.state = "expired"
        elif deposit.state == HELD and self.now >= deposit.hold_until:
            self.give_back(deposit)

    def give_back(self, deposit: Deposit) -> None:
        deposit.state = REFUNDING
        deposit.refunds.append(Owed(AMOUNT))
        self.free(deposit)

    def free(self, deposit: Deposit, to: str = "live") -> None:
        if self.cars[deposit.car] == "reserved":
            self.cars[deposit.car] = to

    def end_early(self, deposit: Deposit) -> bool:
        if deposit.state == UNPAID:
            deposit.state = "voided"
        elif deposit.state == HELD:
            self.give_back(deposit)
        else:
            return False
        return True

    def capture(self, deposit: Deposit) -> bool:
        if deposit.state != HELD:
            return False
        deposit.state, deposit.captured = CAPTURED, True
        self.free(deposit, "sold")
        return True

    def refund(self, deposit: Deposit, amount: int | None) -> bool:
        """None: all that is left."""
        wanted = deposit.left if amount is None else amount
        if deposit.state == HELD and wanted == AMOUNT:
            self.give_back(deposit)
            return True
        may = deposit.captured and deposit.state in (CAPTURED, REFUNDED, REFUNDING)
        if not may or not 0 < wanted <= deposit.left:
            return False
        deposit.refunds.append(Owed(wanted))
        deposit.state = REFUNDING
        return True

    def dispute(self, deposit: Deposit) -> bool:
        if deposit.state not in (HELD, CAPTURED, REFUNDING, REFUNDED):
            return False
        deposit.before, deposit.state = deposit.state, DISPUTED
        deposit.disputed = (AMOUNT - deposit.refunded) or AMOUNT
        return True

    def close(self, deposit: Deposit, outcome: str) -> bool:
        if deposit.state != DISPUTED:
            return False
        if outcome == "won":
            settled = deposit.before == REFUNDING and not deposit.running
            deposit.state = REFUNDED if settled else deposit.before
            return True
        self.clearing -= deposit.disputed
        if deposit.before == HELD:
            self.free(deposit)
        for owed in deposit.refunds:
            if owed.state in RUNNING:
                owed.state = "stopped" if owed.state == "due" else "cancelled"
        deposit.refunded, deposit.state = AMOUNT, REFUNDED
        return True
