"""The side of the child that `core.processes.limited_child` starts: set the limits, do the work, and leave the answer.

It imports nothing of the platform but the module that does the work, so that it starts quickly.
"""

import json
import os
import resource
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

ANSWER: Final = "made.json"


def main() -> None:
    """Run `made` of the module that the command line names, below the limits that follow it there."""
    module, memory, seconds, written, *arguments = sys.argv[2:]
    work = import_module(module)
    limit_process(int(memory), int(seconds), int(written))
    folder = Path.cwd()
    (folder / ANSWER).write_text(json.dumps(work.made(folder, *arguments)))


def limit_process(memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Limit this process for good: its address space, its CPU time, the size of files and the number of open ones."""
    os.nice(5)  # the API goes first
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: file_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    for name, most in limits.items():
        resource.setrlimit(name, (most, most))
