"""Have a child process work on a stranger's file in a folder, with limits of its own, and read its answer.

Whatever the file does to its decoder stays in the child. `core.processes.limited_process` is the child's side.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.processes.limited_process import ANSWER

_CHILD: Final = "import sys; sys.path.append(sys.argv[1]); from core.processes.limited_process import main; main()"


@dataclass(frozen=True)
class ChildLimits:
    """The limits of a child: its address space, its time, and the largest file that it may write."""

    memory_bytes: int
    cpu_seconds: int
    file_bytes: int
    wall_seconds: float
    """Until it is ended, whatever it does: the machine may be busy with other things."""


def child_answer(module: str, folder: Path, limits: ChildLimits, *arguments: str) -> dict[str, Any] | None:
    """Run `made` of a module on the folder in a child, and return what it returned.

    It gets no environment, and nothing of it is shown.

    Args:
        module: has a function `made(folder, *arguments)`, which returns JSON values. The module is imported before the
            limits hold, so what costs memory or may fail is imported in the function.
        folder: the child's current folder; the answer is left there.
        limits: of the child.
        arguments: further ones, as texts.

    Returns:
        None where the child was ended, failed, or took longer than it may.
    """
    numbers = map(str, (limits.memory_bytes, limits.cpu_seconds, limits.file_bytes))
    command = [sys.executable, "-I", "-B", "-c", _CHILD, str(Path(__file__).parents[1]), module, *numbers, *arguments]
    try:
        done = subprocess.run(  # noqa: S603  (this interpreter, a module and numbers of our own)
            command, cwd=folder, env={}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=limits.wall_seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    answer = folder / ANSWER
    if done.returncode != 0 or not answer.exists():
        return None
    made: dict[str, Any] = json.loads(answer.read_text())
    return made
