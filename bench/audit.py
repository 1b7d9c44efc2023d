"""What an audit record costs: a transaction with one beside the same transaction without, in turns.

    python -m bench.audit [--pairs 2000]

The transaction is a small act of a person: read a branch, change it, commit. Both kinds run in turns on one
connection, so that a slow moment of the machine meets both; the medians are compared, and the median of the
differences within a pair. It also measures how fast records are chained and verified.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.clock import utc_now
from core.db.session import transaction
from core.db.tables import Branch
from core.identity.orgs import BranchSpec, add_org
from core.platform import Platform, open_platform
from core.settings import Settings
from pipelines.audit.anchoring import anchor_head
from pipelines.audit.chain import extend_chain
from pipelines.audit.verify import verify_chain

LIMIT_MS = 0.3
Change = Callable[[Session, int], None]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pairs", type=int, default=2_000)
    pairs = options.parse_args().pairs
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(automart_home=Path(folder), database_url=None, storage_url=None, meili_url=None)
        with open_platform(settings) as platform:
            _print_write_cost(*_measured(platform, pairs), pairs)
            _print_chain(platform)


def _measured(platform: Platform, pairs: int) -> tuple[list[float], list[float]]:
    with transaction(platform.sessions) as session:
        org = add_org(session, "khan-motors", "Khan Motors", branches=[BranchSpec("dha", "DHA")])
        org_id = org.id
    plain, audited = _changes(org_id)
    without, with_record = [], []
    for number in range(pairs + 50):
        turns = [(plain, without), (audited, with_record)]
        for change, times in turns if number % 2 else turns[::-1]:  # neither is always the first
            began = time.perf_counter()
            with transaction(platform.sessions) as session:
                change(session, number)
            times.append((time.perf_counter() - began) * 1000)
    return without[50:], with_record[50:]


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


def _print_write_cost(without: list[float], with_record: list[float], pairs: int) -> None:
    plain, audited = statistics.median(without), statistics.median(with_record)
    more = statistics.median(b - a for a, b in zip(without, with_record, strict=True))
    print(f"{pairs:,} pairs: {plain:.3f} ms without a record, {audited:.3f} ms with one: {audited / plain:.2f} x")
    print(f"a record costs {more:.3f} ms, the median of the pairs (at most {LIMIT_MS} ms is accepted)")


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
