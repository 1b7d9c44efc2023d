"""`python -m api.contract.export`: the OpenAPI document as a file; its diff shows what a change means for apps."""

import json
import sys
from pathlib import Path

from api.app import create_app
from core.settings import Settings


def contract_text() -> str:
    """Return the document as it stands in docs/openapi.json; no setting changes it."""
    return json.dumps(create_app(Settings()).openapi(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the document to the file that is named, or to stdout."""
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(contract_text(), encoding="utf-8")
    else:
        sys.stdout.write(contract_text())


if __name__ == "__main__":
    main()
