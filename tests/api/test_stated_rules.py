"""The contract states every rule by which requests are refused, in words of JSON Schema; refusals name the input."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from core.access.roles import Role
from core.text.lines import LINE_PATTERN, is_line
from tests.api.contract import platform_contract
from tests.api.example_requests import ExampleRequest, example_requests
from tests.api.people import People

CONTRACT = platform_contract()
WORDS = {
    "$ref", "additionalProperties", "anyOf", "const", "default", "description", "enum", "example", "examples", "format",
    "items", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum", "oneOf", "pattern", "properties",
    "maxProperties", "propertyNames", "required", "title", "type", "exclusiveMaximum", "exclusiveMinimum",
    "prefixItems", "contentMediaType",
}  # fmt: skip
BESIDE = {
    "/v1/price-bands/depreciation": {"make": "Toyota", "model": "Corolla"},
    "/v1/audit": {"subject": "listing:1"},
    "/v1/market-demand": {"make": "Toyota"},
}
"""Parameters without which an operation is refused whatever else is asked."""


def schemas(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of the document, with the path to it; examples hold data, not schemas."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        here = f"{place}/{key}"
        if key in ("examples", "example", "default"):
            continue
        if key in ("schema", "items") or place.endswith(("/schemas", "/properties", "/anyOf", "/oneOf")):
            yield here, value
        yield from schemas(value, here)


def test_every_rule_is_a_word_of_json_schema() -> None:
    found = list(schemas(CONTRACT))
    assert len(found) > 300
    assert {place: set(schema) - WORDS for place, schema in found if set(schema) - WORDS} == {}


def query_parameters() -> list[tuple[str, dict[str, Any]]]:
    return [
        (path, parameter)
        for path, operations in CONTRACT["paths"].items()
        for method, operation in operations.items()
        for parameter in operation.get("parameters", [])
        if method == "get" and parameter["in"] == "query" and "{" not in path
    ]


@pytest.mark.parametrize(
    ("path", "name", "wrong"),
    [
        (path, one["name"], wrong)
        for path, one in query_parameters()
        for wrong in ["-1" if "minimum" in one["schema"] else "%00" if "pattern" in one["schema"] else None]
        if wrong is not None
    ],
)
def test_refused_parameter_is_named_once_and_without_internals(
    client: httpx.Client, people: People, path: str, name: str, wrong: str
) -> None:
    staff = people.person(("automart", Role.PLATFORM_ADMIN))
    needed = "".join(f"&{other}={value}" for other, value in BESIDE.get(path, {}).items() if other != name)
    answer = client.get(f"{path}?{name}={wrong}{needed}", headers=staff.headers)
    assert answer.status_code == 422, answer.text
    assert [one["where"] for one in answer.json()["errors"]] == [f"query.{name}"]


@pytest.mark.parametrize("path", sorted(CONTRACT["paths"]))
def test_refused_method_is_told_all_methods_of_the_path(client: httpx.Client, path: str) -> None:
    for method in {"trace", "get", "post", "put", "patch", "delete"} - set(CONTRACT["paths"][path]):
        answer = client.request(method, path)
        assert answer.status_code == 405, method
        allowed = {each.strip().lower() for each in answer.headers["allow"].split(",")}
        assert allowed == set(CONTRACT["paths"][path])


def wrong_kinds(schema: dict[str, Any]) -> list[Any]:
    """Values that Python would take for the kind of the schema, and JSON does not."""
    found: list[Any] = []
    for each in schema.get("anyOf", [schema]):
        found += {"boolean": [0, 1, "true"], "integer": ["5", True], "number": ["5", True], "string": [5, True]}.get(
            each.get("type", ""), []
        )
        found += {"date": [0, "2026-05-02T00:00:00", "1714608000"], "uuid": [5]}.get(each.get("format", ""), [])
    return found


READ_BY_THEMSELVES = {"POST /v1/events"}  # a beacon has no content type of its own: see tests/api/test_events.py
BODIES = [
    each
    for each in example_requests(CONTRACT)
    if each.headers.get("content-type") == "application/json" and each.operation not in READ_BY_THEMSELVES
]


@pytest.mark.parametrize("request_", BODIES, ids=lambda each: each.operation)
def test_body_takes_no_value_of_another_kind(client: httpx.Client, people: People, request_: ExampleRequest) -> None:
    method, path = request_.operation.split()
    content = CONTRACT["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
    schema = CONTRACT["components"]["schemas"][content["schema"]["$ref"].rsplit("/", 1)[1]]
    headers = request_.headers | people.person(("automart", Role.PLATFORM_ADMIN)).headers
    for name, kind in schema.get("properties", {}).items():
        for wrong in wrong_kinds(kind):
            body = json.loads(request_.content or b"") | {name: wrong}
            answer = client.request(method, request_.path, json=body, headers=headers)
            assert answer.status_code == 422, (name, wrong, answer.text)
            assert {one["where"].split(".")[1] for one in answer.json()["errors"]} == {name}


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("DHA showroom", True),
        ("ڈی ایچ اے", True),
        ("می\u200cخواهم", True),  # a word of Persian and Urdu typing, with the joiner in it
        ("x", True),
        ("", False),
        (" x", False),
        ("x\u00a0", False),
        ("x\n", False),
        ("a\tb", False),
        ("a\u202eb", False),  # turns the direction of what follows
        ("a\u200bb", False),
        ("a\ud800b", False),
    ],
)
def test_line_of_text_is_the_same_to_the_platform_and_to_the_contract(text: str, sound: bool) -> None:
    assert is_line(text) is sound
    if "\ud800" not in text:  # half a letter is no text in JSON
        assert Draft202012Validator({"type": "string", "pattern": LINE_PATTERN}).is_valid(text.rstrip("\n")) in (
            sound,
            text.endswith("\n"),
        )


def test_contact_is_one_of_two_in_the_contract_too() -> None:
    schema = CONTRACT["components"]["schemas"]["CodeRequest"] | {"components": CONTRACT["components"]}
    validator = Draft202012Validator(schema)
    for body in ({"phone": "0300 1234567"}, {"email": "ali@example.pk", "phone": None}):
        assert validator.is_valid(body)
    for body in ({}, {"phone": None}, {"phone": "0300 1234567", "email": "ali@example.pk"}):
        assert not validator.is_valid(body)


def test_scopes_of_a_service_account_are_named_in_the_contract() -> None:
    scopes = CONTRACT["components"]["schemas"]["AccountCreate"]["properties"]["scopes"]["items"]["enum"]
    assert "members.read" in scopes
