"""Measure what an audit record costs: a transaction with one beside the same transaction without, in turns.

    python -m bench.audit [--pairs 2000]

The transaction is a small act of a person: read a branch, change it, commit. Both kinds run in turns of 25 on one
connection, so that a slow moment of the machine meets both. On a busy machine the clock shows the other processes:
the fastest twentieth and the processor time say more there. It also measures how fast records are chained and verified.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import psutil
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.clock import utc_now
from core.db.session import transaction
from core.db.tables import Branch
from core.identity.orgs import BranchSpec, add_branch, add_org
from core.platform import Platform, open_platform
from core.settings import Settings
from pipelines.audit.anchoring import anchor_head
from pipelines.audit.chain import extend_chain
from pipelines.audit.verify import verify_chain

LIMIT_MS = 0.3
BLOCK = 25
Change = Callable[[Session, int], None]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pairs", type=int, default=2_000)
    pairs = options.parse_args().pairs
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(automart_home=Path(folder), database_url=None, storage_url=None, meili_url=None)
        with open_platform(settings) as platform:
            _print_write_cost(*_measured(platform, pairs))
            _print_chain(platform)


@dataclass
class Times:
    """Milliseconds of each transaction, by the clock; and of processor time, ours and the server's, in all."""

    clock: list[float] = field(default_factory=list)
    processor: float = 0.0


def _measured(platform: Platform, pairs: int) -> tuple[Times, Times]:
    with transaction(platform.sessions) as session:
        org = add_org(session, "khan-motors", "Khan Motors")
        add_branch(session, org, BranchSpec("dha", "DHA"))
        org_id, server = org.id, psutil.Process(session.scalars(text("SELECT pg_backend_pid()")).one())
    plain, audited = _changes(org_id)
    _run(platform, server, plain, Times(), 0)
    _run(platform, server, audited, Times(), 0)
    without, with_record = Times(), Times()
    for number in range(pairs // BLOCK):
        turns = [(plain, without), (audited, with_record)]
        for change, times in turns if number % 2 else turns[::-1]:  # neither is always the first
            _run(platform, server, change, times, number)
    return without, with_record


def _run(platform: Platform, server: psutil.Process, change: Change, times: Times, number: int) -> None:
    """Run a block of transactions."""
    before = _processor(server)
    for each in range(BLOCK):
        began = time.perf_counter()
        with transaction(platform.sessions) as session:
            change(session, number * BLOCK + each)
        times.clock.append((time.perf_counter() - began) * 1000)
    times.processor += _processor(server) - before


def _processor(server: psutil.Process) -> float:
    """Return the processor time of this process and of the server's for our connection, ms."""
    used = server.cpu_times()
    return (time.process_time() + used.user + used.system) * 1000


def _changes(org_id: UUID) -> tuple[Change, Change]:
    member = Membership(org_id, "khan-motors", Role.ORG_ADMIN)
    actor = Actor.of(Principal(uuid4(), (member,), uuid4()), device="d" * 32, address_class="203.0.113.0/24")

    def plain(session: Session, number: int) -> None:
        branch = session.scalars(select(Branch).where(Branch.org_id == org_id)).one()
        branch.name = f"DHA {number}"
        session.flush()

    def audited(session: Session, number: int) -> None:
        plain(session, number)
        after = {"name": f"DHA {number}", "phones": ["042 35711111"], "city": "Lahore"}
        record(session, actor, Act("branches.change", "branch", str(org_id), org_id, {"name": "DHA"}, after))

    return plain, audited


def _print_write_cost(without: Times, with_record: Times) -> None:
    count = len(without.clock)
    plain, audited = statistics.median(without.clock), statistics.median(with_record.clock)
    print(f"{count:,} of each: median {plain:.3f} ms without, {audited:.3f} ms with a record: {audited / plain:.2f} x")
    quiet = [statistics.quantiles(each.clock, n=20)[0] for each in (without, with_record)]
    print(f"the fastest twentieth: {quiet[0]:.3f} and {quiet[1]:.3f} ms, a record {quiet[1] - quiet[0]:.3f} ms")
    used = [each.processor / count for each in (without, with_record)]
    print(f"processor time, both sides: {used[0]:.3f} and {used[1]:.3f} ms, a record {used[1] - used[0]:.3f} ms")
    print(f"at most {LIMIT_MS} ms for a record are accepted, on a quiet machine")


def _print_chain(platform: Platform) -> None:
    began, added, total = time.perf_counter(), 1, 0
    while added:
        with transaction(platform.sessions) as session:
            added = extend_chain(session, utc_now()).added
            total += added
    chained = time.perf_counter() - began
    with transaction(platform.sessions) as session:
        anchor_head(session, platform.storage)
    began = time.perf_counter()
    with transaction(platform.sessions) as session:
        report = verify_chain(session, platform.storage)
    verified = time.perf_counter() - began
    if report.verified != total or report.finding is not None:
        raise SystemExit(f"the trail does not verify: {report.problem}")
    print(f"chained {total:,} records in {chained:.2f} s, {chained / total * 1e6:.0f} us each")
    print(f"verified them in {verified:.2f} s, {verified / total * 1e6:.0f} us each")


if __name__ == "__main__":
    main()
