"""Whoever signs the users in: private keys, and a real server that publishes the public ones."""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from attrs import define, field
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://login.example/"

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def private(name: str, *, bits: int = 2048) -> PrivateKey:
    """A key by its name, the same each time: an RSA key where the name begins with `rsa`, else one on P-256."""
    if name.startswith("rsa"):
        return rsa.generate_private_key(65537, bits)
    return ec.generate_private_key(ec.SECP256R1())


def published(name: str, **more: Any) -> dict[str, Any]:
    """The public part of the key, as it stands in a key set, its name as its id."""
    return {**public_jwk(private(name)), "kid": name, **more}


def public_jwk(key: PrivateKey) -> dict[str, Any]:
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return RSAAlgorithm.to_jwk(public, as_dict=True)
    return ECAlgorithm.to_jwk(public, as_dict=True)


def signed(name: str, *, head: dict[str, Any] | None = None, algorithm: str | None = None, **claims: Any) -> str:
    """A token of ann's that the key signed. A claim that is None is left out."""
    algorithm = algorithm or ("RS256" if name.startswith("rsa") else "ES256")
    told = {"sub": "ann", "iss": ISSUER, "exp": int(time.time()) + 600, **claims}
    kept = {claim: value for claim, value in told.items() if value is not None}
    return jwt.encode(kept, private(name), algorithm=algorithm, headers={"kid": name} if head is None else head)


@define
class Publisher:
    """What it publishes and how: `body` instead of `keys`, where it is set. `asked` counts the requests."""

    url: str = ""
    keys: list[Any] = field(factory=list)
    body: bytes | None = None
    status: int = 200
    headers: dict[str, str] = field(factory=dict)
    delay_s: float = 0
    asked: int = 0


@contextmanager
def publisher(*names: str, tls: ssl.SSLContext | None = None) -> Iterator[Publisher]:
    """Serves the public parts of the keys on a free port of this machine."""
    told = Publisher(keys=[published(name) for name in names])

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked += 1
            time.sleep(told.delay_s)
            body = json.dumps({"keys": told.keys}).encode() if told.body is None else told.body
            self.send_response(told.status)
            for header, value in {"Content-Length": str(len(body)), **told.headers}.items():
                self.send_header(header, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    told.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}/keys.json"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
