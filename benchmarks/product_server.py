"""The product's own app as a server, without its jobs: `python -m benchmarks.product_server URL SECRET CLOCK PORT`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.clock import shared_clock
from benchmarks.product import opened, settings_of, use_cases_of
from billing_core.entrypoints.http.app import build_app
from billing_core.entrypoints.serving import serve
from billing_core.entrypoints.use_cases import UseCases


def main() -> None:
    url, secret, clock_file, port = sys.argv[1:]
    settings = settings_of(url, secret)
    with shared_clock(Path(clock_file)) as clock:

        @asynccontextmanager
        async def opening() -> AsyncIterator[UseCases]:
            async with opened(settings, clock) as container:
                yield use_cases_of(container)

        serve(build_app(settings, opening), host="127.0.0.1", port=int(port))


if __name__ == "__main__":
    main()
