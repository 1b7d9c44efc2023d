"""Start, watch and stop the processes of `automart up`; every one of them ends with it."""

import http.client
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from core.errors import RetryableError
from core.folders.writable import writable_folder
from core.settings import NOT_FOR_CHILDREN, Settings, child_environment

_GRACE_SECONDS = 15
_KEPT_LOGS = 5
_SLOW_SECONDS = 120  # on a busy machine the Dagster UI has needed longer than this, and came


@dataclass
class Service:
    """One started process: its name, the address that people open, and where it writes its log."""

    name: str
    host: str
    port: int
    health: str
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def address(self) -> str:
        """The URL of the service, without a path."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"


@dataclass(frozen=True)
class Program:
    """A Python module to start, with its arguments; `health` is the path that answers below 400 once it is ready.

    Settings that are `withheld` are unset for it.
    """

    name: str
    command: list[str]
    host: str = ""
    port: int = 0
    health: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    withheld: Sequence[str] = NOT_FOR_CHILDREN


def start(program: Program, settings: Settings, *, cwd: Path) -> Service:
    """Start a program in a session of its own: Ctrl-C reaches only us, and we end it in order.

    The log is written to `home/logs`; the logs of the last five starts are kept beside it (`.1` is the newest), for
    the reason of a crash is in one of them.
    """
    name, command = program.name, program.command
    log = settings.home / "logs" / f"{name.lower() if command[0] == 'cli' else command[0]}.log"
    writable_folder(log.parent)
    _keep_previous(log)
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*_ending_with_us(), sys.executable, "-m", *command],
            env=child_environment(settings, program.withheld) | dict(program.variables),
            stdout=sink,
            stderr=sink,
            cwd=cwd,
            start_new_session=True,
        )
    return Service(name, program.host, program.port, program.health, log, process)


def _keep_previous(log: Path) -> None:
    for number in range(_KEPT_LOGS, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        newer = log if number == 1 else log.with_name(f"{log.name}.{number - 1}")
        if newer.exists():
            newer.replace(older)


def _ending_with_us() -> list[str]:
    """Give the prefix by which the kernel interrupts the service when we are killed and cannot stop it ourselves."""
    setpriv = shutil.which("setpriv")  # of util-linux; every Debian has it
    return [setpriv, "--pdeathsig", "INT"] if setpriv else []


def wait_until_ready(service: Service, seconds: float = 90) -> None:
    """Wait until the service answers.

    Raises:
        RetryableError: it ended or did not answer in time; the message names its log.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if service.process.poll() is not None:
            break
        if answers(service):
            return
        time.sleep(0.3)
    raise RetryableError(f"{service.name} did not start; read {service.log}.", code="service_did_not_start")


def answers(service: Service) -> bool:
    """Ask the service once whether it is ready."""
    connection = http.client.HTTPConnection(service.host, service.port, timeout=2)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", service.health)
        return connection.getresponse().status < 400
    return False


@contextmanager
def until_interrupted() -> Iterator[None]:
    """End the block quietly at Ctrl-C, SIGTERM and SIGHUP."""

    def leave(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def watch(vital: Service, others: list[Service], report: Callable[[str], None]) -> None:
    """Return when the vital service has ended; report when another one is ready, is slow, or has ended.

    Raises:
        RetryableError: always, then: the vital service ends only when something is wrong or when we are interrupted.
    """
    began, running, called_slow = time.monotonic(), list(others), False
    waited_for = [service for service in others if service.port]  # one without a port has nothing to answer
    while vital.process.poll() is None:
        for service in [each for each in running if each.process.poll() is not None]:
            running.remove(service)
            report(f"{service.name} ended by itself; read {service.log}. {vital.name} stays up.")
        waited_for = [each for each in waited_for if each in running and not _is_ready(each, report)]
        if waited_for and not called_slow and time.monotonic() - began > _SLOW_SECONDS:
            called_slow = True
            for service in waited_for:
                report(f"{service.name} does not answer yet; read {service.log}. {vital.name} stays up.")
        time.sleep(0.5)
    raise RetryableError(f"{vital.name} ended by itself; read {vital.log}.", code="service_ended")


def _is_ready(service: Service, report: Callable[[str], None]) -> bool:
    ready = answers(service)
    if ready:
        report(f"  {service.name:<12} {service.address}")
    return ready


def stop_all(services: list[Service]) -> None:
    """End the services and everything that they started, gently first. An impatient second Ctrl-C changes nothing."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _stop(services)
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(services: list[Service]) -> None:
    family: list[psutil.Process] = []
    for service in services:
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(service.process.pid)
            family += [parent, *parent.children(recursive=True)]
    for service in services:
        with suppress(ProcessLookupError):
            service.process.send_signal(signal.SIGINT)  # dagster stops its children on SIGINT
    alive = family
    deadline = time.monotonic() + _GRACE_SECONDS
    while alive and time.monotonic() < deadline and not _is_idle(alive):
        _, alive = psutil.wait_procs(alive, timeout=0.5)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)


def _is_idle(alive: list[psutil.Process]) -> bool:
    """Tell whether only Dagster's code servers are left: they hold loaded code, and wait half a minute for callers.

    A run is a process below them with another command line, and is given its time.
    """
    commands = []
    for process in alive:
        with suppress(psutil.Error):
            commands.append(process.cmdline())
    return all({"grpc", "code-server", "dev"} & set(command) for command in commands)
