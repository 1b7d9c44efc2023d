"""The API as `bench.engagement.capture` serves it: `python -m bench.engagement.server ours PORT HOME DATABASE_URL`."""

from fastapi import FastAPI

from bench.server_process import serve


def main() -> None:
    serve(FastAPI)


if __name__ == "__main__":
    main()
