"""The keys that the runbook tells people to make, read from its own commands."""

import json
import re
from pathlib import Path
from typing import Any

_RUNBOOK = Path(__file__).parents[2] / "docs" / "runbooks" / "search.md"
_KEY = re.compile(r"\$MEILI_URL/keys -d '([^']+)'")


def runbook_keys() -> list[dict[str, Any]]:
    """Return the bodies of `POST /keys`: the platform's key, then the one for apps."""
    return [json.loads(body) for body in _KEY.findall(_RUNBOOK.read_text(encoding="utf-8"))]
