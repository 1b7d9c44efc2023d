"""A well-formed request for each operation of the contract, made of its own examples."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4


@dataclass(frozen=True)
class ExampleRequest:
    operation: str
    method: str
    path: str
    headers: dict[str, str]
    content: bytes | None


def example_requests(contract: dict[str, Any], access_token: str = "none") -> Iterator[ExampleRequest]:
    """Requests with every parameter that is needed; `access_token` goes to operations that need a login."""
    for template, operations in contract["paths"].items():
        for method, operation in operations.items():
            path = template
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    path = path.replace(f"{{{parameter['name']}}}", str(_example(parameter)))
            content, headers = _body(operation, contract)
            needed = [
                f"{parameter['name']}={_example(parameter)}"
                for parameter in operation.get("parameters", [])
                if parameter["in"] == "query" and (parameter.get("required") or parameter["name"] == "seconds")
            ]
            path += f"?{'&'.join(needed)}" if needed else ""
            if operation.get("x-idempotency-key") == "required":
                headers["idempotency-key"] = str(uuid4())
            security = operation.get("security", [{}])
            if {} not in security:
                headers["authorization"] = f"Bearer {access_token}"
            yield ExampleRequest(f"{method.upper()} {template}", method.upper(), path, headers, content)


def _example(parameter: dict[str, Any]) -> Any:
    return (parameter.get("examples") or parameter["schema"]["examples"])[0]


def _body(operation: dict[str, Any], contract: dict[str, Any]) -> tuple[bytes | None, dict[str, str]]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if kind != "application/json":
            return content["example"].encode(), {"content-type": kind}
        if "$ref" not in content["schema"]:  # read by the operation itself
            return json.dumps(content["example"]).encode(), {"content-type": kind}
        name = content["schema"]["$ref"].rsplit("/", 1)[1]
        example = contract["components"]["schemas"][name]["examples"][0]
        return json.dumps(example).encode(), {"content-type": kind}
    return None, {}
