"""A receiver as a server: `python -m benchmarks.references.receiver KIND URL SECRET PORT`."""

import sys

from benchmarks.references import on_postgresql, on_sqlite
from benchmarks.references.receiving import app_over
from billing_core.entrypoints.serving import serve

KINDS = {
    "postgresql-grouped": on_postgresql.grouped,
    "postgresql-each": on_postgresql.each,
    "sqlite-grouped": on_sqlite.grouped,
}


def main() -> None:
    kind, url, secret, port = sys.argv[1:]
    serve(app_over(KINDS[kind](url), secret), host="127.0.0.1", port=int(port))


if __name__ == "__main__":
    main()
