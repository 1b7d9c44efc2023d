"""`automart feeds take-mail`: take the stock lists that dealers sent by mail."""

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.clock import utc_now
from core.platform import open_platform
from pipelines.feeds.mail.maildir import take_mail

_EXIT_SOME_REFUSED = 1


@explain_errors
def take(as_json: Json = False) -> None:
    """Take the mails that wait in FEED_MAILDIR: their lists are delivered, and the next import publishes them.

    A mail counts for the dealer to whose mail address it was sent (`automart feeds sources add mailto:`). It is moved
    from new/ to cur/ afterwards; one that delivers nothing is flagged there, and its reason is shown. Mails that were
    moved more than FEED_MAIL_KEEP_DAYS ago are deleted.

    Exit code: 0 all were taken, 1 some were refused or left.

    Example: automart feeds take-mail
    """
    with open_platform() as platform:
        report = take_mail(platform.sessions, platform.storage, platform.settings, utc_now())
    counts = report.counts()
    if as_json:
        print_json(counts | {"deleted": report.deleted, "mails": report.rows()})
    else:
        rows = [(each.mail, each.dealer, each.status, each.code, each.message) for each in report.mails]
        print_table(("mail", "dealer", "status", "code", "message"), rows)
        typer.echo(", ".join(f"{count} {status}" for status, count in counts.items()))
    if counts["refused"] or counts["left"]:
        raise typer.Exit(_EXIT_SOME_REFUSED)
