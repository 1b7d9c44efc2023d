"""Read the answer of a child process that works on a stranger's file in a folder, with limits of its own.

The child writes `made.json` into the folder once it is done; whatever the file does to its decoder stays in the child.
"""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def child_answer(command: Sequence[str], folder: Path, seconds: float) -> dict[str, Any] | None:
    """Run a child in the folder, and return what it wrote; None where it was ended, or took longer than the seconds.

    It gets no environment, and nothing of it is shown.
    """
    try:
        done = subprocess.run(  # noqa: S603  (this interpreter, a script and numbers of our own)
            command, cwd=folder, env={}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    answer = folder / "made.json"
    if done.returncode != 0 or not answer.exists():
        return None
    made: dict[str, Any] = json.loads(answer.read_text())
    return made
