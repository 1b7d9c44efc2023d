"""`automart price-bands`, as a person and as a script."""

import csv
import gzip
import json
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from cli.price_bands import app
from core.db.session import SessionFactory, transaction
from core.db.tables import MarketIndex, PriceModel
from core.identity.orgs import add_org
from core.settings import Settings
from core.storage import Storage
from models.price_bands.artifact import CODE_VERSION
from pipelines.feeds.mapping.store import save_mapping
from tests.factories.listings import add_listing
from tests.factories.price_bands import MARKET_SIZE, TrainedMarket, deliver, fill_database, newer_ads
from tests.factories.sales import add_sales
from tests.models.price_bands.conftest import invented_market

COROLLA = ("quote", "--make", "Toyota", "--model", "Corolla", "--year", "2018")
COLUMNS = ("title", "location", "model_year", "fuel_type", "transmission", "km_driven", "registered_in", "color",
           "assembly", "engine_capacity", "body_type", "last_updated", "price", "url")  # fmt: skip


def ad(title: str, price: str, **columns: str) -> dict[str, str]:
    make, model = title.lower().split()[:2]
    known = {
        "title": title, "location": "Lahore Punjab", "model_year": "2018", "fuel_type": "Petrol", "price": price,
        "transmission": "Manual", "km_driven": "80,000 km", "registered_in": "Lahore", "color": "White",
        "assembly": "Local", "engine_capacity": "1300 cc", "body_type": "Sedan", "last_updated": "Apr 29, 2025",
        "url": f"https://ads.example/used-cars/{make}-{model}-2018-for-sale-in-lahore-{len(title)}",
    }  # fmt: skip
    return known | columns


ADS = [
    ad("Toyota Corolla GLi 2018", "PKR 30 Lakh"),
    ad("Lada Niva 2018", "Call for price"),
    dict.fromkeys(COLUMNS, "") | {"title": "?"},
    ad("Suzuki Alto VXR Euro 2018", "nonsense"),
]


def write_ads(path: Path, price: str = "as it is") -> None:
    """The ads as a file whose prices are as they are, empty, or absent with their column."""
    with path.open("w", newline="") as file:
        names = [name for name in COLUMNS if name != "price" or price != "absent"]
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(each | ({"price": ""} if price == "empty" else {}) for each in ADS)


@pytest.fixture
def run(environment: Settings, session_factory: SessionFactory) -> Any:
    """Run a command on the test database; gives exit code, stdout and stderr."""

    def ran(*args: str) -> Any:
        return CliRunner().invoke(app, list(args), catch_exceptions=False)

    return ran


@pytest.fixture
def champion(session_factory: SessionFactory, storage: Storage, artefact: bytes) -> str:
    storage.put("v1", artefact)
    row = PriceModel(
        version="v1", status="champion", storage_key="v1", data_digest="0", code_version=CODE_VERSION, samples=220,
        metrics={"coverage": 0.8, "median_ape": 0.055},
    )  # fmt: skip
    with transaction(session_factory) as session:
        session.add(row)
    return "v1"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("few_folds")
def test_train_makes_samples_a_model_and_bands(run: Any, session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        fill_database(session, invented_market(260))
    told = json.loads(run("train", "--json").stdout)
    assert told["samples"]["samples"] + sum(told["samples"]["excluded"].values()) == told["samples"]["listings"] == 260
    assert told["model"]["status"] == "champion"
    assert {"mape", "median_ape", "coverage", "mean_width", "heuristic"} <= set(told["model"]["metrics"])
    assert told["bands"]["model"] + told["bands"]["comparables"] + told["bands"]["none"] == 260
    again = run("train")
    assert "trained on before" in again.stdout
    assert "0 computed" in again.stdout
    listed = json.loads(run("models", "--json").stdout)
    assert [row["status"] for row in listed] == ["champion"]
    assert told["model"]["version"] in run("models").stdout


def test_train_on_too_little_says_so_and_bands_come_from_comparables(run: Any, session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        fill_database(session, invented_market(120))
    result = run("train")
    assert result.exit_code == 0
    assert "120 priced cars are too few for a model (200 are needed)" in result.stdout
    assert "model 0, comparables 1" in result.stdout


def test_quote_speaks_to_people_and_to_scripts(run: Any, champion: str) -> None:
    band = json.loads(run(*COROLLA, "--mileage", "80000", "--city", "Lahore", "--json").stdout)
    assert list(band) == [
        "low_pkr", "mid_pkr", "high_pkr", "confidence", "method", "reason", "reason_text", "model_version",
        "low_50_pkr", "high_50_pkr", "low_90_pkr", "high_90_pkr", "did_you_mean", "notes", "expected_sale",
        "price_pkr", "deal_rating", "explanation",
    ]  # fmt: skip
    assert (band["method"], band["model_version"]) == ("model", "v1")
    ascending = ("low_90", "low", "low_50", "mid", "high_50", "high", "high_90")
    prices = [band[f"{name}_pkr"] for name in ascending]
    assert prices == sorted(prices)
    assert prices[0] > 0
    words = run(*COROLLA).stdout
    assert "Toyota Corolla 2018: PKR " in words
    assert "All prices are asking prices: too few sales are known to say more." in words
    assert "no band (unknown_make)" in run("quote", "--make", "Lada", "--model", "Niva", "--year", "2018").stdout


def test_quote_says_why_in_a_table_and_in_json(run: Any, champion: str, session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        for year in range(2014, 2020):
            add_listing(session, model_year=year, title=f"Corolla of {year}")
        for month, level in ((date(2026, 7, 1), 100.0), (date(2026, 8, 1), 104.0)):
            session.add(
                MarketIndex(segment_kind="make", segment="toyota", month=month, make="Toyota", level=level, low=98.0,
                            high=106.0, samples=40, base_month=date(2026, 7, 1))
            )  # fmt: skip
    asked = (*COROLLA, "--mileage", "30000", "--price", "1000")
    told = json.loads(run(*asked, "--json").stdout)
    why = told["explanation"]
    assert told["deal_rating"] == "great"
    assert why["reference"]["price_pkr"] + sum(part["pkr"] for part in why["contributions"]) == told["mid_pkr"]
    words = run(*asked).stdout
    for part in (
        "PKR 1,000 is great.",
        "typical of 6 on offer",
        "mileage",
        "Corolla of 2018",
        "Prices of Toyota: +4.0%",
    ):
        assert part in words
    table = run("index", "--make", "toyota").stdout
    assert "Jul 2026" in table
    assert "No forecast: not enough cars." in table
    index = json.loads(run("index", "--make", "Toyota", "--json").stdout)
    assert [month["level"] for month in index["months"]] == [100.0, 104.0]
    assert run("index").stderr.startswith("Error (market_index_not_found): ")


def test_sales_are_counted_and_learnt_from_once_there_are_enough(
    run: Any, session_factory: SessionFactory, storage: Storage, trained_market: TrainedMarket
) -> None:
    assert "0 sales of 0 sellers are known" in run("sales").stdout
    with transaction(session_factory) as session:
        trained_market.install(session, storage)
        add_sales(session, 60)
    few = json.loads(run("sales", "--json").stdout)
    assert 0 < few["known"]["sold"] < few["known"]["cars"] == 60
    assert (few["price"], few["days"]) == ({"missing": "too_few_sales"}, {"missing": "too_few_sales"})
    with transaction(session_factory) as session:
        add_sales(session, 1_900, seed=4)
    told = run("sales").stdout
    assert "Expected sale prices are said." in told
    assert "Days until a sale are said." in told
    assert "Corolla" in told


def test_depreciation_is_a_table_for_people_and_years_for_scripts(
    run: Any, champion: str, session_factory: SessionFactory
) -> None:
    asked = ("depreciation", "--make", "Toyota", "--model", "Corolla")
    assert run(*asked).stderr.startswith("Error (depreciation_not_found): ")
    with transaction(session_factory) as session:
        for year in (2014, 2018):
            add_listing(session, model_year=year)
    words = run(*asked).stdout
    assert "Asking prices of Toyota Corolla by model year" in words
    curve = json.loads(run(*asked, "--json").stdout)
    assert (curve["model_version"], [year["model_year"] for year in curve["years"]]) == (
        champion,
        [*range(2018, 2013, -1)],
    )
    assert f"{curve['years'][0]['mid_pkr']:,}" in words


@pytest.mark.parametrize(
    "args", [("--year", "1949"), ("--year", "2101"), ("--mileage", "-1"), ("--fuel", "steam"), ("--make", " "),
             ("--city", "a\0b"), ("--engine-cc", "0")],
)  # fmt: skip
def test_an_impossible_car_is_refused_before_anything_is_opened(run: Any, args: tuple[str, str]) -> None:
    result = run(*COROLLA, *args)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("Error (invalid_car): This car cannot be: ")


@pytest.mark.parametrize("command", ["quote", "predict"])
def test_before_the_first_training_commands_say_what_to_run(run: Any, tmp_path: Path, command: str) -> None:
    file = tmp_path / "ads.csv"
    write_ads(file)
    predict = ("predict", str(file), "--mapping", "classifieds", "--out", str(tmp_path / "out.csv"))
    result = run(*(COROLLA if command == "quote" else predict))
    assert (result.exit_code, "run `automart price-bands train`" in result.stderr) == (2, True)
    assert not (tmp_path / "out.csv").exists()
    assert "No version yet" in run("models").stdout


@pytest.mark.parametrize("price", ["as it is", "empty", "absent"])
def test_predict_writes_every_row_in_order(run: Any, champion: str, tmp_path: Path, price: str) -> None:
    file, out = tmp_path / "ads.csv", tmp_path / "bands.csv"
    write_ads(file, price)
    out.write_text("what stood here before")
    told = json.loads(run("predict", str(file), "--mapping", "classifieds", "--out", str(out), "--json").stdout)
    rows = rows_of(out)
    assert out.read_text().splitlines()[0] == "row,low,mid,high,confidence,method"
    assert [row["row"] for row in rows] == ["1", "2", "3", "4"]
    assert [row["method"] for row in rows] == ["model", "none", "none", "model"]
    assert (told["rows"], told["model"], told["none"], told["comparables"]) == (4, 2, 2, 0)
    for row in rows:
        numbers = [row[name] for name in ("low", "mid", "high", "confidence")]
        if row["method"] == "none":
            assert numbers == [""] * 4
        else:
            low, mid, high = map(int, numbers[:3])
            assert 0 < low <= mid <= high
            assert 0 <= float(row["confidence"]) <= 1
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["ads.csv", "bands.csv"]


def test_predict_reads_a_packed_file_by_a_dealers_own_mapping(
    run: Any, champion: str, tmp_path: Path, storage: Storage, session_factory: SessionFactory
) -> None:
    preset = files("pipelines.feeds.mapping") / "presets" / "classifieds.toml"
    with transaction(session_factory) as session:
        save_mapping(storage, "our-site", preset.read_bytes(), add_org(session, "our-site", "Our Site").id)
    write_ads(tmp_path / "ads.csv")
    packed = tmp_path / "ads.csv.gz"
    packed.write_bytes(gzip.compress((tmp_path / "ads.csv").read_bytes()))
    out = tmp_path / "bands.csv"
    assert (
        run("predict", str(packed), "--mapping", "our-site", "--dealer", "our-site", "--out", str(out)).exit_code == 0
    )
    assert [row["method"] for row in rows_of(out)] == ["model", "none", "none", "model"]


@pytest.mark.parametrize(
    ("file", "mapping", "out", "code"),
    [
        ("missing.csv", "classifieds", "out.csv", "unreadable_file"),
        (".", "classifieds", "out.csv", "unreadable_file"),
        ("ads.csv", "nobody", "out.csv", "unknown_mapping"),
        ("empty.csv", "classifieds", "out.csv", "empty_file"),
        ("ads.csv", "classifieds", "nowhere/out.csv", "no_folder"),
        ("ads.csv", "classifieds", "folder", "unwritable_file"),
    ],
)
def test_files_that_cannot_be_used_are_refused_in_one_sentence(
    run: Any, champion: str, tmp_path: Path, file: str, mapping: str, out: str, code: str
) -> None:
    write_ads(tmp_path / "ads.csv")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "folder" / "full").mkdir(parents=True)
    result = run("predict", str(tmp_path / file), "--mapping", mapping, "--out", str(tmp_path / out))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith(f"Error ({code})")
    assert not (tmp_path / "out.csv").exists()


def test_help_teaches_with_examples(run: Any) -> None:
    for command in ("train", "quote", "predict"):
        assert f"automart price-bands {command}" in " ".join(run(command, "--help").stdout.split())


def test_recalibration_says_what_it_did_and_which_feed_stopped_it(
    run: Any, session_factory: SessionFactory, storage: Storage, trained_market: TrainedMarket
) -> None:
    assert "(no_model)" in run("recalibrate").stdout
    with transaction(session_factory) as session:
        fill_database(session, invented_market(MARKET_SIZE))
        version = trained_market.install(session, storage).version
        deliver(session, newer_ads(360, factor=0.6), dealer="cheap-cars")
        deliver(session, newer_ads(240, factor=1.1, seed=42), dealer="honest-cars")
    shown = run("recalibrate")
    assert f"{version} (levels_implausible). Not recalibrated" in shown.stdout
    assert "The feed cheap-cars is at 0." in shown.stdout
    told = json.loads(run("recalibrate", "--json").stdout)
    assert (told["version"], told["status"]) == (version, "levels_implausible")
    assert all(sentence in told["message"] for sentence in told["level_warnings"])


@pytest.mark.usefixtures("few_folds")
def test_training_may_be_told_that_the_levels_are_right(
    run: Any, session_factory: SessionFactory, storage: Storage, trained_market: TrainedMarket
) -> None:
    with transaction(session_factory) as session:
        fill_database(session, invented_market(MARKET_SIZE).with_columns(price_pkr=pl.col("price_pkr") * 3))
        version = trained_market.install(session, storage).version
    refused = json.loads(run("train", "--json").stdout)["model"]
    assert (refused["status"], "The market is at 3" in refused["message"]) == ("rejected", True)
    accepted = json.loads(run("train", "--accept-levels", "--json").stdout)["model"]
    assert (accepted["status"], f"in place of {version}" in accepted["message"]) == ("champion", True)
