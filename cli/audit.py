"""`automart audit`: verify the audit trail, drop what is old enough, declare a restore."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.acts import operator
from cli.options import By, Json
from cli.output import explain_errors, print_json
from core.clock import utc_now
from core.db.session import transaction
from core.declarations import gather_declarations
from core.errors import InvalidInputError
from core.platform import Platform, open_platform
from pipelines.audit.anchoring import delete_objects
from pipelines.audit.report import ChainReport
from pipelines.audit.resume import resume_chain
from pipelines.audit.retention import drop_old_segments
from pipelines.audit.verify import verify_chain

EXIT_DAMAGED = 3

app = typer.Typer(
    help="Verify the audit trail, drop what is old enough, declare a restore.\n\nExample: automart audit verify",
    no_args_is_help=True,
)


@app.callback()
def audit() -> None:
    """Look after the audit trail."""


@app.command()
@explain_errors
def verify(as_json: Json = False) -> None:
    """Compute the chain of all audit records anew, and hold it against its anchors in object storage.

    The first record or anchor is named that was changed, removed, inserted or moved, the newest ones included.

    Exit code: 0 where the trail is whole, 3 where it is not. With --json: {"whole", "verified", "anchors", "waiting",
    "dropped", "first_bad": {"number", "record_id", "anchor", "problem"} or null}.

    Example: automart audit verify --json
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        report = verify_chain(session, platform.storage)
    if as_json:
        facts = {name: getattr(report, name) for name in ("verified", "anchors", "waiting", "dropped")}
        found = None if report.finding is None else asdict(report.finding)
        print_json({"whole": report.finding is None, **facts, "first_bad": found})
    else:
        typer.echo(_sentence(report))
    if report.finding is not None:
        raise typer.Exit(EXIT_DAMAGED)


@app.command()
@explain_errors
def retain(
    days: Annotated[
        int | None,
        typer.Option(help="Days that are kept, 30 or more; default: AUDIT_RETENTION_DAYS.", min=30),
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Drop whole days of records that are old enough; what is left still verifies.

    The loop `audit.retain` does this by itself where AUDIT_RETENTION_DAYS is set. A trail that does not verify is left
    as it is.

    Example: automart audit retain --days 400
    """
    with open_platform() as platform:
        kept = platform.settings.audit_retention_days if days is None else days
        if kept is None:
            raise InvalidInputError("Say how many days are kept: --days, or AUDIT_RETENTION_DAYS.", code="no_days")
        with transaction(platform.sessions) as session:
            result = drop_old_segments(session, platform.storage, operator(by), kept, utc_now())
        delete_objects(platform.storage, result.needless)
    if as_json:
        print_json({"dropped": result.dropped, "through": result.through})
        return
    typer.echo(f"{result.dropped:,} records dropped." if result.dropped else "No day is old enough.")


@app.command()
@explain_errors
def resume(
    reason: Annotated[str, typer.Option(help="Why the database was restored, and from which copy; it is recorded.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Declare that the database was restored: repeat what its copy has not seen, record the gap, and go on.

    Until then `automart audit verify` names the restore. Run it before the API and the loops are started again. With
    --json: {"number", "missing", "set_aside", "after_restore": {name: changes}}.

    Example: automart audit resume --reason "disk of db-1 died; dump of 26 November, 02:00"
    """
    with open_platform() as platform:
        repeated = _after_restore(platform)
        with transaction(platform.sessions) as session:
            result = resume_chain(session, platform.storage, operator(by), reason, utc_now())
    if as_json:
        print_json(asdict(result) | {"after_restore": repeated})
        return
    for name, changes in repeated.items():
        typer.echo(f"{name}: {changes:,} changes.")
    typer.echo(
        f"The restore is record {result.number:,}: {result.missing:,} numbers before it are missing,"
        f" {result.set_aside:,} anchors were set aside. Check it: automart audit verify"
    )


def _after_restore(platform: Platform) -> dict[str, int]:
    """Run the steps that domains declare for a restored database."""
    declared = gather_declarations()
    return {each.name: each.run(platform) for every in declared.values() for each in every.after_restore}


def _sentence(report: ChainReport) -> str:
    if report.finding is None:
        more = f", {report.waiting:,} wait for the chain" if report.waiting else ""
        before = f" (those up to {report.dropped:,} were dropped by retention)" if report.dropped else ""
        return f"The trail is whole: {report.verified:,} records{before}, {report.anchors:,} anchors agree{more}."
    finding = report.finding
    where = f"record {finding.number:,}" if finding.number is not None else "the trail"
    anchor = f" (anchor {finding.anchor})" if finding.anchor else ""
    return f"The trail is damaged at {where}: {finding.problem}{anchor}. {report.verified:,} records before it hold."
