"""The OpenAPI document is true: examples fit their schemas, every operation is described, the docs need no internet."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

import api
from api.app import create_app
from api.contract.export import contract_text
from api.domains import find_domains
from core.settings import Settings
from tests.api.contract import platform_contract


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return platform_contract()


def operations(contract: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in contract["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def media(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return all parts with a schema and examples: request body and responses."""
    yield from operation.get("requestBody", {}).get("content", {}).items()
    for response in operation["responses"].values():
        yield from response.get("content", {}).items()


def examples_of(schema: dict[str, Any], content: dict[str, Any], contract: dict[str, Any]) -> list[Any]:
    named = [example["value"] for example in content.get("examples", {}).values()]
    target = contract["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    return named + target.get("examples", []) + ([content["example"]] if "example" in content else [])


@pytest.mark.slow
def test_every_operation_is_described_with_examples_that_fit(contract: dict[str, Any]) -> None:
    checked = 0
    for name, operation in operations(contract):
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        for kind, content in media(operation):
            schema = content["schema"]
            examples = examples_of(schema, content, contract)
            assert examples, f"{name} has no example of its {kind}"
            validator = Draft202012Validator(schema | {"components": contract["components"]})
            for example in examples:
                validator.validate(example)
                checked += 1
    assert checked > 20


def test_every_operation_documents_its_problems(contract: dict[str, Any]) -> None:
    for name, operation in operations(contract):
        for status, response in operation["responses"].items():
            if not status.startswith("2"):
                assert list(response["content"]) == ["application/problem+json"], (name, status)
        assert "500" in operation["responses"], name
    assert "HTTPValidationError" not in contract["components"]["schemas"]


def test_every_parameter_is_described(contract: dict[str, Any]) -> None:
    for name, operation in operations(contract):
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (name, parameter["name"])


@pytest.mark.slow
def test_committed_document_is_the_contract() -> None:
    committed = (Path(__file__).parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert committed == contract_text(), "run `make openapi` and review the diff"


def test_code_has_one_status_in_the_whole_contract(contract: dict[str, Any]) -> None:
    statuses: dict[str, set[str]] = {}
    for _, operation in operations(contract):
        for status, response in operation["responses"].items():
            for code, example in (
                response.get("content", {}).get("application/problem+json", {}).get("examples", {}).items()
            ):
                statuses.setdefault(code, set()).add(status)
                assert (example["value"]["code"], str(example["value"]["status"])) == (code, status)
                assert example["value"]["title"] == HTTPStatus(int(status)).phrase
    assert len(statuses) > 25
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_problems_of_a_domain_are_documented_by_its_operations(contract: dict[str, Any]) -> None:
    for domain in find_domains():
        documented = {
            code
            for _, operation in operations(contract)
            if operation["tags"] == [domain.tag["name"]]
            for response in operation["responses"].values()
            for code in response.get("content", {}).get("application/problem+json", {}).get("examples", {})
        }
        assert documented, domain.name
        assert [error.code for error in domain.problems if error.code not in documented] == [], domain.name


def test_every_folder_of_the_api_is_a_domain_but_two_that_serve_all() -> None:
    folders = {path.parent.name for path in Path(api.__file__).parent.glob("*/__init__.py")}
    assert [domain.name for domain in find_domains()] == sorted(folders - {"contract", "middleware"})


def test_docs_page_works_without_the_internet(client: httpx.Client) -> None:
    page = client.get("/docs").text
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)["']|url: ["']([^"']+)["']""", page)
    found = [first or second for first, second in addresses]
    assert len(found) >= 4
    for address in found:
        assert address.startswith("/"), address
        assert client.get(address).status_code == 200


def test_health(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "up"}
    assert client.get("/readyz").json() == {
        "status": "ready",
        "parts": ["database", "storage", "search"],
        "search_lag": {"changes": 0, "seconds": 0.0},
        "lead_timers": {"due": 0, "seconds": 0.0},
        "loops": [],
    }


def test_making_the_app_opens_nothing(settings: Settings) -> None:
    create_app(settings.model_copy(update={"automart_home": settings.home / "elsewhere"})).openapi()
    assert not (settings.home / "elsewhere").exists()
