"""`automart leads score`: what is known of the chance that leads are won."""

from typing import Annotated, Any

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import percent
from core.clock import utc_now
from core.db.session import transaction
from core.platform import open_platform


@explain_errors
def score_command(
    train: Annotated[bool, typer.Option("--train", help="Train and judge a model first, as every week.")] = False,
    as_json: Json = False,
) -> None:
    """Show how well the chance of a lead to be won is known: on leads that came after those the model learnt from.

    Desks see scores only while the Brier score is surely lower than that of the base rate. With --train a model is
    trained first. With --json: {"shown", "trained_at", "report": {...}, "weights": {...}}; null without a model.

    Example: automart leads score
    """
    from pipelines.leads.scoring.models import newest, score_open, teach  # loads numpy and polars

    with open_platform() as platform:
        if train:
            with transaction(platform.sessions) as session:
                teach(session, utc_now())
            while score_open(lambda: transaction(platform.sessions), 500):
                pass
        with transaction(platform.sessions) as session:
            kept = newest(session)
            found = None if kept is None else (kept.shown, kept.trained_at, kept.report, kept.artifact)
    if found is None:
        print_json(None) if as_json else typer.echo("No model was trained yet: automart leads score --train")
        return
    shown, trained_at, report, artifact = found
    weights = artifact.get("weights", {})
    if as_json:
        print_json({"shown": shown, "trained_at": trained_at.isoformat(), "report": report, "weights": weights})
    else:
        _print_result(report, weights, shown=shown)


def _print_result(report: dict[str, Any], weights: dict[str, dict[str, float]], *, shown: bool) -> None:
    held, learnt = report["held"], report["learnt"]
    if report["brier"] is None:
        typer.echo(f"{learnt + held:,} leads with a known end are too few to judge a model: no scores are shown.")
        return
    typer.echo(
        f"Learnt from {learnt:,} leads, judged on {held:,} later ones: Brier score {report['brier']:.4f}, base rate"
        f" ({percent(report['base_rate'])} won) {report['base_brier']:.4f}."
    )
    typer.echo("Desks see scores." if shown else f"No scores are shown: {report['reason']}.")
    for each in report["bins"]:
        typer.echo(f"  {each['leads']:>5,} leads: predicted {percent(each['predicted'])}, won {percent(each['won'])}")
    heaviest = sorted(
        (
            (abs(weight), f"{name}={level} {weight:+.2f}")
            for name, levels in weights.items()
            for level, weight in levels.items()
        ),
        reverse=True,
    )
    if heaviest:
        typer.echo("Heaviest (log odds): " + ", ".join(words for _, words in heaviest[:8]))
