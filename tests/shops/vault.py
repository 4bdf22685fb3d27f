"""A Key Vault that is not Azure's: it speaks HTTPS, challenges, takes only its own tokens, and pages its list."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import define, field

TOKEN = "a-token-of-the-managed-identity"
IDENTITY_HEADER = "what-only-this-machine-knows"
IN_A_YEAR = "1825000000"


@define
class Vault:
    """What it holds; `disabled` are names that it lists and does not give. `read` are the names that were asked for."""

    secrets: dict[str, str] = field(factory=dict)
    disabled: frozenset[str] = frozenset()
    token: str = TOKEN
    url: str = ""
    identity_url: str = ""
    read: list[str] = field(factory=list)


@contextmanager
def vault(tls: ssl.SSLContext, **secrets: str) -> Iterator[Vault]:
    """Serves it, and beside it, unencrypted as Azure's own machines do, who gives tokens to this machine."""
    told = Vault({name.replace("_", "-"): value for name, value in secrets.items()})
    with _serving(_vault_of(told), tls) as port, _serving(_identity_of(told), None) as identity_port:
        told.url = f"https://127.0.0.1:{port}"
        told.identity_url = f"http://127.0.0.1:{identity_port}/token"
        yield told


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Answering(BaseHTTPRequestHandler):
    def answer(self, status: int, told: Any, **headers: str) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


def _vault_of(told: Vault) -> type[BaseHTTPRequestHandler]:
    class Answering(_Answering):
        def do_GET(self) -> None:
            path = urlsplit(self.path)
            if self.headers["Authorization"] != f"Bearer {told.token}":
                # The client wants a challenge to name a domain that the vault is in: of an address, that is its tail.
                where = f'authorization="https://login.example/tenant", resource="https://0.0.1:{self._port}"'
                self.answer(401, {"error": {"code": "Unauthorized"}}, WWW_Authenticate=f"Bearer {where}")
            elif path.path.rstrip("/") == "/secrets":
                self.answer(200, self._listed(int(parse_qs(path.query).get("skip", ["0"])[0])))
            else:
                name = path.path.split("/")[2]
                told.read.append(name)
                self.answer(200, {"id": f"{told.url}/secrets/{name}/1", "value": told.secrets[name]})

        @property
        def _port(self) -> str:
            return self.headers["Host"].rpartition(":")[2]

        def _listed(self, skip: int) -> dict[str, Any]:
            """Two a page."""
            names = sorted(told.secrets)[skip:]
            page = [
                {"id": f"{told.url}/secrets/{name}", "attributes": {"enabled": name not in told.disabled}}
                for name in names[:2]
            ]
            more = f"{told.url}/secrets?api-version=7.6&skip={skip + 2}" if len(names) > 2 else None
            return {"value": page, "nextLink": more}

    return Answering


def _identity_of(told: Vault) -> type[BaseHTTPRequestHandler]:
    class Giving(_Answering):
        def do_GET(self) -> None:
            if self.headers["X-IDENTITY-HEADER"] != IDENTITY_HEADER:
                self.answer(401, {"error": "not of this machine"})
                return
            token = {"access_token": TOKEN, "expires_on": IN_A_YEAR, "token_type": "Bearer", "resource": told.url}
            self.answer(200, token)

    return Giving
