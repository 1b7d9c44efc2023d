"""A seeded run of deliveries: changes, sales, rejects, late and doubled files, for several dealers."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from tests.factories.feeds import HEADER

DEALERS = ("khan-motors", "lahore-cars", "indus-autos")
FIRST = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Dropped:
    """A file that lands in a dealer's folder, with the time of its last write."""

    dealer: str
    name: str
    data: bytes
    written_at: datetime

    def land(self, inbox: Path) -> None:
        """Put it into the inbox, as an uploader does: whole at once."""
        folder = inbox / self.dealer
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / f".{self.name}.tmp"
        aside.write_bytes(self.data)
        os.utime(aside, (self.written_at.timestamp(), self.written_at.timestamp()))
        aside.rename(folder / self.name)


def batches(count: int, seed: int, cars: int = 120) -> list[list[Dropped]]:
    """Yield batches of files; the next one lands when all files of the one before are decided."""
    random = Random(seed)
    stock = {dealer: {f"S{number:04}": 40 for number in range(cars)} for dealer in DEALERS}
    made: list[list[Dropped]] = []
    for at in range(count):
        batch = []
        for dealer in DEALERS:
            day = at - 2 if at > 2 and random.random() < 0.15 else at  # some come late
            written_at = FIRST + timedelta(days=at, hours=12)
            name = f"stock-{FIRST + timedelta(days=day):%Y%m%dT%H%MZ}-{at}.csv"
            batch.append(Dropped(dealer, name, _sheet(_sell_and_buy(stock[dealer], random), random), written_at))
        twin = batch[0]
        if random.random() < 0.3:
            batch.append(Dropped(twin.dealer, f"again-{twin.name}", twin.data, twin.written_at))
        made.append(batch)
    return made


def _sell_and_buy(stock: dict[str, int], random: Random) -> dict[str, int]:
    for key in random.sample(sorted(stock), len(stock) // 10):
        del stock[key]
    for key in random.sample(sorted(stock), len(stock) // 8):
        stock[key] += random.choice((-1, 1))
    while len(stock) < 120:
        stock[f"N{random.randrange(10**6):06}"] = random.randrange(20, 90)
    return stock


def _sheet(stock: dict[str, int], random: Random) -> bytes:
    rows = [
        f"{key},Toyota Corolla,Toyota,Corolla,{1820 if random.random() < 0.03 else 2018},{lacs} lacs,,"
        for key, lacs in stock.items()
    ]
    return "\n".join([HEADER, *rows, ""]).encode()
