"""A curl for machines that have none: it knows what the pages need of it.

Each status goes to a line of the file that ANSWERS names.
"""

import os
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

PROGRAM = f'#!/bin/sh\nexec {sys.executable} -I -S {__file__} "$@"\n'


def main() -> None:
    url, method, target, content, wait_s = "", None, None, None, 0.0
    headers: dict[str, str] = {}
    words = iter(sys.argv[1:])
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "--json":
            content, headers["Content-Type"] = next(words).encode(), "application/json"
        elif word == "-X":
            method = next(words)
        elif word == "-o":
            target = Path(next(words))
        elif word.startswith("http"):
            url = word
        elif word in {"--retry", "--retry-delay"}:
            next(words)
        elif word == "--retry-connrefused":
            wait_s = 60.0
        elif word not in {"-s", "-sN"}:
            sys.exit(f"curl: {word} is not known here")
    answer = answered(Request(url, content, headers, method=method), until=monotonic() + wait_s)
    told = answer.read()
    if target is None:
        sys.stdout.buffer.write(told)
    else:
        target.write_bytes(told)
    with Path(os.environ["ANSWERS"]).open("a") as answers:
        answers.write(f"{answer.status}\n")


def answered(request: Request, *, until: float) -> Any:
    """Its answer; a server that is not up yet is waited for."""
    while True:
        try:
            return urlopen(request)
        except HTTPError as error:
            return error
        except URLError:
            if monotonic() > until:
                raise
            sleep(0.1)


if __name__ == "__main__":
    main()
