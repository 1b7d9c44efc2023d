"""The model card: the origin of a version, its errors on ads it had not seen, and its limits.

The card travels inside the artefact as plain values and is rendered as Markdown for the Dagster UI and for the file
beside the artefact. After Mitchell et al., "Model Cards for Model Reporting" (2019).
"""

from collections.abc import Iterable, Mapping
from typing import Any

_MEASURES = {
    "rows": "ads",
    "answered": "answered",
    "median_ape": "median error",
    "mape": "mean error",
    "coverage": "80 % band covers",
    "mean_width": "mean width",
    "within_5": "within 5 %",
    "within_10": "within 10 %",
    "within_20": "within 20 %",
}
_EXCLUSIONS = {
    "call_for_price": "no asking price",
    "not_a_car": "a motorbike, rickshaw, bus, tractor or parts",
    "impossible_car": "no make or model, or a year that cannot be",
    "implausible_price": "a price that no car has",
    "imputed_price": "a number filled in where there was no price",
    "slipped_unit": "lakh for crore, a zero too many or too few",
    "repost": "the same car again; its newest ad stays",
}
_LIMITS = """\
- Prices are asking prices of ads in Pakistan. What a car sells for is lower, by how much is not known here.
- A band holds 80 % of the asking prices of cars like those above. It knows nothing of a car's condition.
- Bands age with the market: `market_level_is_current` and `bands_cover_their_level` say when to recalibrate or train.
- Not for lending, insurance or tax without a look at the car."""


def render(card: Mapping[str, Any], *, version: str, status: str) -> str:
    """Render the card as Markdown.

    Args:
        card: as `pipelines.price_bands.versions.training` writes it; whatever is missing is left out.
        version: of the artefact that carries the card.
        status: champion, retired or rejected, when it was recorded.
    """
    metrics = card.get("metrics", {})
    parts = [
        f"# Price model {version}",
        _facts(card, status),
        "## Labels",
        _exclusions(card),
        "## How good on ads it had not seen",
        _judged(metrics),
        _measures({"all": metrics} | metrics.get("segments", {})),
        *_peers(metrics),
        "## What it is not for",
        _LIMITS,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(card: Mapping[str, Any], status: str) -> str:
    facts = {
        "Status when recorded": status,
        "Origin": _origin(card),
        "Samples": f"{card['samples']:,}" if "samples" in card else None,
        "Ads from": f"{card['first_day']} to {card['last_day']}" if card.get("first_day") else None,
        "Data digest": card.get("data_digest"),
        "Code": card.get("code_digest"),
    }
    return _table(("fact", "value"), ((name, str(value)) for name, value in facts.items() if value))


def _origin(card: Mapping[str, Any]) -> str:
    if card.get("parent"):
        return f"recalibrated from {card['parent']} on {card.get('fresh', 0):,} newer ads; its trees are unchanged"
    return "trained"


def _exclusions(card: Mapping[str, Any]) -> str:
    excluded = card.get("excluded") or {}
    rows = [(name, f"{count:,}", _EXCLUSIONS.get(name, "")) for name, count in excluded.items()]
    total = f"{sum(excluded.values()):,} listings were left out before training."
    return total + ("\n\n" + _table(("left out as", "listings", "what it is"), rows) if rows else "")


def _judged(metrics: Mapping[str, Any]) -> str:
    if "trained_on" not in metrics:
        return ""
    split = f"on the ads since {metrics['first_test_day']}" if "first_test_day" in metrics else "on a random fifth"
    return f"A twin that learnt from {metrics['trained_on']:,} of the samples was judged {split}."


def _peers(metrics: Mapping[str, Any]) -> Iterable[str]:
    peers = {"plain median by make, model, year": metrics.get("heuristic"), "champion before": metrics.get("champion")}
    known = {name: values for name, values in peers.items() if values}
    if known:
        yield "## Beside its peers, on the same ads"
        yield _measures({"this model": metrics} | known)
    gate = [row for row in metrics.get("gate", []) if row["worse"]]
    if gate:
        rows = [(row["segment"], row["loss"], f"{row['ours']:.1%}", f"{row['theirs']:.1%}") for row in gate]
        yield "## Where it was worse than the champion beyond noise"
        yield _table(("segment", "loss", "this model", "champion"), rows)


def _measures(parts: Mapping[str, Mapping[str, Any]]) -> str:
    rows = ((name, *(_cell(values.get(measure)) for measure in _MEASURES)) for name, values in parts.items())
    return _table(("part", *_MEASURES.values()), rows)


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1%}" if isinstance(value, float) else f"{value:,}"


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join("| " + " | ".join(_plain(cell) for cell in line) + " |" for line in lines)


def _plain(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")
