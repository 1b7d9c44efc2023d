"""The loop of a process that is there to be killed: everything is loaded once, and each word forks a worker.

Speaks in lines: reads a word, writes the worker's pid, then its exit code (negative: the signal that ended it).
"""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path


def fork_at_each_word(work: Callable[[str, Path, str], None]) -> None:
    """Call `work(word, folder, url)` in a fork for each word; folder and url are the process's arguments."""
    folder, url = Path(sys.argv[1]), sys.argv[2]
    print("ready", flush=True)
    for word in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                work(word.strip(), folder, url)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
