"""A curl for machines that have none: it knows what the pages need of it.

Each status goes to a line of the file that ANSWERS names.
"""

import os
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PROGRAM = f'#!/bin/sh\nexec {sys.executable} -I -S {__file__} "$@"\n'


def main() -> None:
    url, method, target, content = "", None, None, None
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
        elif word not in {"-s", "-sN"}:
            sys.exit(f"curl: {word} is not known here")
    try:
        answer = urlopen(Request(url, content, headers, method=method))
    except HTTPError as error:
        answer = error
    told = answer.read()
    if target is None:
        sys.stdout.buffer.write(told)
    else:
        target.write_bytes(told)
    with Path(os.environ["ANSWERS"]).open("a") as answers:
        answers.write(f"{answer.status}\n")


if __name__ == "__main__":
    main()
