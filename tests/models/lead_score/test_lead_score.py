"""A lead's chance is as true as it is said to be, is judged on later leads, and rests on no single one."""

from random import Random

import numpy as np
import polars as pl
import pytest

from models.lead_score.artifact import LeadScoreModel
from models.lead_score.evaluate import evaluate
from models.lead_score.inputs import COLUMNS, INPUTS, UNKNOWN, inputs_of
from models.lead_score.train import FEWEST_LEADS, History, train

pytestmark = pytest.mark.slow


def history(number: int, seed: int = 1, strength: float = 1.5) -> History:
    """Leads of eight organisations; test drives are won more often by `strength`, in log odds."""
    chance = Random(seed)
    rows, won = [], []
    for _ in range(number):
        kind = chance.choice(["message", "test_drive", "call_back"])
        odds = -1.5 + (strength if kind == "test_drive" else 0.0)
        won.append(chance.random() < 1 / (1 + np.exp(-odds)))
        rows.append(dict.fromkeys(INPUTS, "usual") | {"type": kind, "source": chance.choice(["api", "mail"])})
    orgs = pl.Series("org", [f"o{chance.randrange(8)}" for _ in range(number)])
    return History(pl.DataFrame(rows), orgs, np.array(won))


def test_model_with_a_signal_beats_the_base_rate_and_its_chances_are_true() -> None:
    found = evaluate(history(3_000))
    assert (found.beats, found.reason) == (True, None)
    assert found.brier is not None
    assert found.base_brier is not None
    assert found.brier < found.base_brier
    assert (found.learnt, found.held) == (2_250, 750)
    assert sum(each.leads for each in found.bins) == 750
    for each in found.bins:  # within four standard errors
        assert each.won == pytest.approx(each.predicted, abs=4 * (0.25 / each.leads) ** 0.5)


@pytest.mark.parametrize("seed", range(6))
def test_model_without_a_signal_is_not_shown(seed: int) -> None:
    found = evaluate(history(2_000, seed=seed + 10, strength=0.0))
    assert (found.beats, found.reason) == (False, "no_better_than_base_rate")


def test_few_leads_and_ends_that_are_all_alike_are_not_judged() -> None:
    none = History(history(1).levels.clear(), pl.Series("org", [], pl.String), np.array([], np.bool_))
    lost = history(2_000)
    for each in (none, history(300), History(lost.levels, lost.orgs, np.zeros(2_000, np.bool_))):
        found = evaluate(each)
        assert (found.beats, found.reason, found.brier, found.bins) == (False, "too_few_leads", None, ())


def test_later_leads_do_not_teach_the_model_that_is_judged_on_them() -> None:
    taught = history(3_000)
    turned = History(taught.levels, taught.orgs, np.concatenate([taught.won[:2_250], ~taught.won[2_250:]]))
    assert not evaluate(turned).beats


def test_level_of_few_leads_or_of_one_organisation_has_no_weight() -> None:
    taught = history(600)
    rare = taught.levels.with_row_index().with_columns(
        language=pl.when(pl.col("index") < FEWEST_LEADS - 1).then(pl.lit("rare")).otherwise(pl.lit("en")),
        price=pl.when(pl.col("index") < 100).then(pl.lit("one")).otherwise(pl.lit("usual")),
    )
    orgs = pl.Series("org", ["o1"] * 100 + taught.orgs.to_list()[100:])
    model = train(History(rare.drop("index"), orgs, taught.won))
    assert set(model.weights["language"]) == {"en"}
    assert set(model.weights["price"]) == {"usual"}


def test_missing_facts_are_levels_of_their_own_and_too_many_leave_no_score() -> None:
    nothing = pl.DataFrame([dict.fromkeys(COLUMNS)], schema=dict(COLUMNS))
    row = inputs_of(nothing).row(0, named=True)
    assert {row[name] for name in ("type", "source", "language", "contact", "hour", "price", "car_age")} == {UNKNOWN}
    model = LeadScoreModel.from_json(train(history(600)).as_json())
    assert model is not None
    assert model.scores(nothing) == [None]
    full = {
        "type": "offer", "source": "api", "language": "en", "contact_kind": "phone", "hour": 3, "weekday": 7,
        "found_by_search": True, "offer_pkr": 2_000_000, "price_pkr": 2_500_000, "model_year": 2019, "year": 2026,
        "has_trade_in": False,
    }  # fmt: skip
    levels = inputs_of(pl.DataFrame([full], schema=dict(COLUMNS)))
    assert levels.row(0) == (
        "offer", "api", "en", "phone", "night", "yes", "yes", "below", "to_3m", "to_12", "no",
    )  # fmt: skip
    known = LeadScoreModel(-1.0, {name: {levels[name][0]: 0.1} for name in INPUTS})
    [score] = known.scores(pl.DataFrame([full], schema=dict(COLUMNS)))
    assert score == pytest.approx(1 / (1 + np.exp(-0.1)), abs=1e-3)


def test_model_of_another_version_is_not_read() -> None:
    assert LeadScoreModel.from_json({"version": 0, "usual": 0, "weights": {}}) is None
    assert LeadScoreModel.from_json({}) is None
