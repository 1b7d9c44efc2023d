"""The `webhooks` section of the OpenAPI document: the messages that partners get, with schemas and examples."""

from typing import Any, Final

from serving.webhooks.catalogue import describe_events

_HEADERS: Final = {
    "webhook-id": "The message, the same at every attempt and when it is sent again.",
    "webhook-timestamp": "The attempt, in seconds since 1970.",
    "webhook-signature": "Signatures with blanks between them: `v1,…` (HMAC-SHA256) and `v1a,…` (ed25519).",
}
_ANSWERS: Final = {
    "2XX": {"description": "Acknowledged: it is not sent again by itself."},
    "410": {"description": "The webhook is disabled."},
    "default": {"description": "Sent again later; `Retry-After` of a 429, 502, 503 or 504 lengthens the wait."},
}


def webhook_operations() -> dict[str, Any]:
    """Return each event as OpenAPI describes a webhook, by name."""
    return {each["name"]: {"post": _operation(each)} for each in describe_events()}


def _operation(event: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": event["schema"], "example": event["example"]}}
    return {
        "tags": ["webhooks"],
        "summary": f"Sent when {event['says']}",
        "operationId": f"webhook_{event['name'].replace('.', '_')}",
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": says}
            for name, says in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": content},
        "responses": _ANSWERS,
    }
