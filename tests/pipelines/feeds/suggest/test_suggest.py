"""A suggested mapping reads the file as the mapping does that somebody wrote for it by hand."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from core.errors import AutomartError, RefusedFileError
from core.listing_frame import LISTING_SCHEMA
from core.storage import Storage
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping, mapping_names, save_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.suggest import aliases
from pipelines.feeds.suggest.suggest import suggest_mapping
from pipelines.feeds.suggest.toml_writer import mapping_toml
from samples.market import MarketFile, write_market

pytestmark = pytest.mark.slow

KHAN = UUID(int=1)
POLICY = {"channels", "visibility"}
"""The visibility of a car that the file says nothing about: the preset's decision, which no file shows."""


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[MarketFile, bytes]]:
    """The first file of each format."""
    folder = tmp_path_factory.mktemp("market")
    files: dict[str, tuple[MarketFile, bytes]] = {}
    for file in write_market(folder).files:
        files.setdefault(file.mapping, (file, (folder / file.path).read_bytes()))
    return files


FORMATS = ["showroom", "vauto", "meta", "google", "autoscout24", "dealer-xml", "pipe", "spreadsheet", "classifieds"]


def differing(data: bytes, preset: str, suggested: Mapping) -> set[str]:
    """Listing columns in which the two readings differ; the rows must be the same ones."""
    by_hand, by_suggestion = (parse_feed(data, mapping).listings for mapping in (load_mapping(preset), suggested))
    assert by_suggestion["row_number"].to_list() == by_hand["row_number"].to_list()
    return {name for name in LISTING_SCHEMA if not by_hand[name].equals(by_suggestion[name], null_equal=True)}


@pytest.mark.parametrize("name", FORMATS)
def test_suggestion_reads_a_known_format_as_its_preset_does(
    market: dict[str, tuple[MarketFile, bytes]], name: str
) -> None:
    _, data = market[name]
    suggestion = suggest_mapping(data, "x")
    policy = {"channels"} if name in ("pipe", "classifieds") else set()
    key = {"source_key"} if name == "autoscout24" else set()  # the preset joins two columns; one of them is enough
    assert differing(data, name, suggestion.mapping) <= policy | key


@pytest.fixture
def without_preset(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The aliases as if nobody had written the preset of this format yet."""
    hidden = str(request.param)
    monkeypatch.setattr(aliases, "mapping_names", lambda: [name for name in mapping_names() if name != hidden])
    for cached in (aliases.aliases, aliases.conditional_paths):
        cached.cache_clear()
    yield hidden
    for cached in (aliases.aliases, aliases.conditional_paths):
        cached.cache_clear()


LOST = {
    "showroom": set(),
    "vauto": {"visibility"},  # R, W, F
    "meta": {"city", "province"},  # a city inside a cell of JSON
    "google": {"area", "city", "province"},  # a postal address: the preset reads the city alone
    "dealer-xml": set(),
    "pipe": {"channels"},
    "spreadsheet": {"visibility"},  # "Wholesale: yes"
    "classifieds": {"channels"},
}
"""Columns that need the preset's own knowledge of its sender. Five prices side by side (autoscout24) need a person."""


@pytest.mark.parametrize("without_preset", LOST, indirect=True)
def test_format_without_preset_is_read_without_its_cost_prices(
    market: dict[str, tuple[MarketFile, bytes]], without_preset: str
) -> None:
    _, data = market[without_preset]
    by_hand = parse_feed(data, load_mapping(without_preset)).listings
    suggestion = suggest_mapping(data, "x")
    read = parse_feed(data, suggestion.mapping).listings
    both = by_hand.join(read, on="row_number", suffix="_suggested")
    assert both.height == by_hand.height
    lost = {name for name in LISTING_SCHEMA if not both[name].equals(both[f"{name}_suggested"], null_equal=True)}
    assert lost <= LOST[without_preset]


def test_several_price_columns_are_left_to_a_person(market: dict[str, tuple[MarketFile, bytes]]) -> None:
    aliases.conditional_paths.cache_clear()
    data = market["autoscout24"][1].replace(b"<type>public</type>", b"<type>retail</type>")
    suggestion = suggest_mapping(data, "x")
    assert "price" not in suggestion.mapping.columns
    assert any("no column is a price" in note for note in suggestion.notes)


def test_toml_loads_as_the_mapping_and_gives_reasons(market: dict[str, tuple[MarketFile, bytes]]) -> None:
    for name, (_, data) in market.items():
        suggestion = suggest_mapping(data, "khan")
        text = mapping_toml(suggestion)
        assert Mapping.model_validate(tomllib.loads(text) | {"name": "khan"}) == suggestion.mapping, name
        for choice in suggestion.choices:
            assert choice.reasons
            assert 0 < choice.confidence <= 1
            assert f"# {choice.confidence:.2f}: " in text


def test_columns_with_unknown_headers_are_recognised_by_their_values() -> None:
    rows = [
        f"A{n},{make},{model},{year},{price},{fuel},{city},{n}000 km"
        for n, (make, model, year, price, fuel, city) in enumerate(
            [
                ("Toyota", "Corolla", 2018, "45 lacs", "Petrol", "Lahore"),
                ("Honda", "Civic", 2019, "52 lacs", "Hybrid", "Karachi"),
                ("Suzuki", "Alto", 2020, "22 lacs", "CNG", "Multan"),
            ]
        )
    ]
    data = ("ID,hersteller,Typ,Yr,Rs,Sprit,wo,Odo\n" + "\n".join(rows)).encode()
    suggestion = suggest_mapping(data, "x")
    found = {choice.field: choice.column for choice in suggestion.choices}
    assert {"make": "hersteller", "model": "Typ", "fuel": "Sprit", "city": "wo"}.items() <= found.items()


def test_cost_and_wholesale_prices_are_never_suggested_as_price() -> None:
    rows = "\n".join(f"A{n},Toyota,Corolla,201{n},{n + 3}000000,{n + 2}900000" for n in range(5))
    for secret in ("Cost Price", "price_cost", "Wholesale Price", "Invoice", "MSRP"):
        data = f"Stock,Make,Model,Year,{secret},Demand\n{rows}".encode()
        assert suggest_mapping(data, "x").mapping.columns["price"].columns == ("Demand",)
        alone = f"Stock,Make,Model,Year,{secret},Colour\n{rows}".encode()
        assert "price" not in suggest_mapping(alone, "x").mapping.columns


def test_json_and_packed_files_are_read_too() -> None:
    cars = [
        {
            "ref": f"K{n}",
            "make": "Toyota",
            "model": "Yaris",
            "year": 2020,
            "pricing": {"amount": 4_000_000 + n},
            "pics": [{"url": f"https://x.example/{n}.jpg"}],
        }
        for n in range(5)
    ]
    mapping = suggest_mapping(json.dumps({"stock": {"cars": cars}}).encode(), "x").mapping
    assert (mapping.format, mapping.record) == ("json", "stock/cars")
    parsed = parse_feed(json.dumps({"stock": {"cars": cars}}).encode(), mapping)
    assert parsed.listings["price_pkr"].to_list() == [4_000_000 + n for n in range(5)]
    assert parsed.listings["photos"].to_list()[0] == ["https://x.example/0.jpg"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "not_text"),
        (b"a,b\n1,2\n", "no_key"),
        (b"Stock,Colour\n1,red\n2,blue\n", "no_cars"),
        (b"Toyota,Corolla,2018,4500000\nHonda,Civic,2019,5200000\n", "no_header"),
        (b"<a>", "malformed_xml"),
        (b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a><c><id>1</id></c></a>", "xml_with_dtd"),
        (b"<a/>", "no_rows"),
        (b"[]", "no_rows"),
        (b"[" * 100_000, "no_rows"),
        (b"Stock,Make\n", "no_rows"),
    ],
)
def test_file_that_shows_no_cars_is_refused_with_a_reason(data: bytes, code: str) -> None:
    with pytest.raises(RefusedFileError) as caught:
        suggest_mapping(data, "x")
    assert caught.value.code == code


def test_own_mapping_is_found_after_the_presets(storage: Storage, market: dict[str, tuple[MarketFile, bytes]]) -> None:
    text = mapping_toml(suggest_mapping(market["showroom"][1], "khan-motors")).encode()
    assert save_mapping(storage, "khan-motors", text, KHAN).name == "khan-motors"
    assert load_mapping("khan-motors", storage, KHAN).name == "khan-motors"
    assert load_mapping("showroom", storage) == load_mapping("showroom")
    for owner in (None, UUID(int=2)):  # nobody else's
        with pytest.raises(AutomartError) as caught:
            load_mapping("khan-motors", storage, owner)
        assert caught.value.code == "unknown_mapping"
    with pytest.raises(AutomartError, match="khan-motors"):
        load_mapping("khan", storage, KHAN)


def test_own_mapping_changes_only_with_its_version(
    storage: Storage, market: dict[str, tuple[MarketFile, bytes]]
) -> None:
    text = mapping_toml(suggest_mapping(market["showroom"][1], "khan-motors"))
    for _ in range(2):
        save_mapping(storage, "khan-motors", text.encode(), KHAN)
    full = text.replace('delivery = "partial"', 'delivery = "full"')
    for name, content, code in (
        ("khan-motors", full, "mapping_exists"),
        ("showroom", text, "mapping_exists"),
        ("Khan Motors", text, "bad_mapping"),
        ("../khan", text, "bad_mapping"),
        ("khan", "version = 1", "bad_mapping"),
        ("khan", "version = ", "bad_mapping"),
        ("khan", text.replace("[columns]", '[columns]\nurl = {columns = ["u"], pattern = "(("}'), "bad_mapping"),
    ):
        with pytest.raises(AutomartError) as caught:
            save_mapping(storage, name, content.encode(), KHAN)
        assert caught.value.code == code, name
    second = full.replace("version = 1", "version = 2").encode()
    assert save_mapping(storage, "khan-motors", second, KHAN).version == 2
    assert load_mapping("khan-motors", storage, KHAN).delivery == "full"
    assert load_mapping("khan-motors", storage, KHAN, version=1).delivery == "partial"
    with pytest.raises(AutomartError) as caught:
        load_mapping("khan-motors", storage, KHAN, version=3)
    assert caught.value.code == "unknown_mapping"


def test_pattern_that_the_reader_does_not_know_is_refused_when_it_is_kept(
    storage: Storage, market: dict[str, tuple[MarketFile, bytes]]
) -> None:
    text = mapping_toml(suggest_mapping(market["showroom"][1], "khan-motors"))
    ahead = text.replace("[columns]", '[columns]\nurl = {columns = ["u"], pattern = "(?=a)(b)"}')
    with pytest.raises(AutomartError, match="pattern") as caught:
        save_mapping(storage, "khan-motors", ahead.encode(), KHAN)
    assert caught.value.code == "bad_mapping"


def test_mapping_kept_before_mappings_had_owners_is_found_until_the_owner_keeps_one(
    storage: Storage, market: dict[str, tuple[MarketFile, bytes]]
) -> None:
    text = mapping_toml(suggest_mapping(market["showroom"][1], "khan-motors"))
    storage.put("mappings/old.toml", text.encode())
    number = load_mapping("old", storage, KHAN).version
    assert number > 100_000  # of its text, since it may be written anew
    assert save_mapping(storage, "old", text.replace("version = 1", "version = 2").encode(), KHAN).version == 2
    assert (load_mapping("old", storage, KHAN).version, load_mapping("old", storage).version) == (2, number)


def test_real_ads_of_a_file_without_preset(real_data: Path) -> None:
    data = (real_data / "ads_2025_raw.csv").read_bytes()[:400_000]
    suggestion = suggest_mapping(data, "x")
    assert {"model_year", "price", "mileage", "url"} <= suggestion.mapping.columns.keys()
