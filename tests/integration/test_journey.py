"""The main job over HTTP alone, through a real server process: sign in, subscribe, pay, make pictures, run out."""

import asyncio
import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import frozen
from PIL import Image

from billing_core.entrypoints.web.forms import CSRF_FIELD
from billing_core.entrypoints.web.sessions import CSRF_COOKIE

PATIENCE_S = 30.0
COMMAND = str(Path(sys.executable).with_name("billing-core"))


@frozen
class Server:
    """A running server, and how to speak to it."""

    url: str
    environ: dict[str, str]
    log: Path

    def token(self, account: str, *flags: str) -> str:
        made = subprocess.run(
            [COMMAND, "token", account, *flags], env=self.environ, capture_output=True, text=True, check=True
        )
        return made.stdout.strip()

    def client(self, account: str, *flags: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token(account, *flags)}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("journey")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "BILLING_DATABASE_URL": f"sqlite:///{folder}/billing.db",
    }
    running = Server(f"http://127.0.0.1:{port}", environ, folder / "log")
    with running.log.open("wb") as log:
        process = subprocess.Popen([COMMAND, "serve"], env=environ, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until_ready(running, process)
        yield running
    finally:
        process.terminate()
        assert process.wait(timeout=PATIENCE_S) == -signal.SIGTERM, running.log.read_text()


def wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        assert process.poll() is None, server.log.read_text()
        try:
            if httpx.get(f"{server.url}/ready").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError("the server does not become ready")


def subscribe(server: Server, client: httpx.Client, tier: str = "basic") -> dict[str, Any]:
    started = client.post("/subscriptions/checkout", json={"tier": tier})
    assert started.status_code == 201, started.text
    session = started.json()["session_id"]
    paid = httpx.post(f"{server.url}/dev/checkout/{session}/pay", json={"card": "4242 4242 4242 4242"})
    assert paid.json()["status"] == "succeeded", paid.text
    return eventually(client, "/subscriptions", lambda answer: answer["tier"] == tier)


def eventually(client: httpx.Client, path: str, holds: Any) -> dict[str, Any]:
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        answer: dict[str, Any] = client.get(path).json()
        if holds(answer):
            return answer
        assert time.monotonic() < give_up_at, answer
        time.sleep(0.05)


def test_the_tiers_are_free_basic_and_premium(server: Server) -> None:
    tiers = httpx.get(f"{server.url}/api/v1/subscriptions/tiers").json()["tiers"]

    told = [(t["tier"], t["price_monthly"], t["credits_per_month"], t["is_unlimited"], t["models"]) for t in tiers]
    assert told == [
        ("free", 0.0, 10, False, ["flux-schnell"]),
        ("basic", 9.99, 200, False, ["flux-schnell", "flux-dev"]),
        ("premium", 29.99, -1, True, ["flux-schnell", "flux-dev", "flux-1.1-pro"]),
    ]


def test_a_customer_subscribes_and_makes_pictures(server: Server) -> None:
    with server.client("journey-1") as client:
        assert client.get("/subscriptions").json()["status"] == "none"
        assert client.get("/credits").json()["available"] == 10
        subscription = subscribe(server, client)
        assert (subscription["status"], subscription["credits_per_month"]) == ("active", 200)
        before = client.get("/credits").json()["available"]
        assert before == 210

        cost = 0
        for model in ("flux-schnell", "flux-schnell", "flux-dev"):
            accepted = client.post("/generations", json={"prompt": f"a harbour by {model}", "model": model})
            assert accepted.status_code == 202, accepted.text
            cost += accepted.json()["credits_held"]
            path = f"/generations/{accepted.json()['id']}"
            done = eventually(client, path, lambda answer: answer["status"] == "succeeded")
            assert done["credits_charged"] == accepted.json()["credits_held"]
            look_at(server, done["images"])
        assert client.get("/credits").json()["available"] == before - cost

        listed = client.get("/credits/transactions?limit=100").json()["data"]
        assert sum(entry["amount"] for entry in listed) == before - cost


def look_at(server: Server, images: list[dict[str, Any]]) -> None:
    """Fetches each picture by its signed URL, without a token, and decodes it."""
    assert images
    for image in images:
        fetched = httpx.get(f"{server.url}{image['url']}")
        assert fetched.status_code == 200
        assert fetched.headers["content-type"] == "image/png"
        picture = Image.open(io.BytesIO(fetched.content))
        picture.load()
        assert picture.size == (image["width"], image["height"])


async def test_fifty_requests_on_a_balance_for_one_picture_make_exactly_one(server: Server) -> None:
    token, admin = server.token("journey-2"), server.token("operator", "--admin")
    async with httpx.AsyncClient(base_url=f"{server.url}/api/v1", timeout=PATIENCE_S) as client:
        taken = await client.post(
            "/admin/accounts/journey-2/credits",
            json={"amount": -9, "reason": "leave one"},
            headers={"Authorization": f"Bearer {admin}"},
        )
        assert taken.status_code in {200, 201}, taken.text
        mine = {"Authorization": f"Bearer {token}"}
        answers = await asyncio.gather(
            *(client.post("/generations", json={"prompt": "one"}, headers=mine) for _ in range(50))
        )
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [202] + [402] * 49
    denied = next(answer.json() for answer in answers if answer.status_code == 402)
    assert denied["code"] == "insufficient_credits"
    assert {option["action"] for option in denied["options"]} >= {"upgrade", "buy_pack", "wait"}


def test_one_idempotency_key_makes_one_generation(server: Server) -> None:
    with server.client("journey-3") as client:
        key = {"Idempotency-Key": "once"}
        first = client.post("/generations", json={"prompt": "once"}, headers=key)
        again = client.post("/generations", json={"prompt": "once"}, headers=key)
        other = client.post("/generations", json={"prompt": "twice"}, headers=key)
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["id"] == again.json()["id"]
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
        assert len(client.get("/generations").json()["data"]) == 1


def test_a_subscription_renews_and_ends_as_time_goes_by(server: Server) -> None:
    with server.client("journey-4") as client:
        subscribe(server, client)
        httpx.post(f"{server.url}/dev/clock", json={"days": 32}, timeout=PATIENCE_S).raise_for_status()
        renewed = client.get("/subscriptions").json()
        assert (renewed["tier"], renewed["status"]) == ("basic", "active")
        assert client.get("/credits").json()["available"] == 200
        canceled = client.delete("/subscriptions?at_period_end=true")
        assert canceled.json()["cancel_at_period_end"] is True
        httpx.post(f"{server.url}/dev/clock", json={"days": 32}, timeout=PATIENCE_S).raise_for_status()
        ended = client.get("/subscriptions").json()
        assert (ended["tier"], ended["status"]) == ("free", "canceled")


@pytest.mark.parametrize(("who", "place"), [("a customer", "/account"), ("an admin", "/admin")])
def test_the_addresses_that_it_prints_lead_in(server: Server, who: str, place: str) -> None:
    (token,) = re.findall(rf"open as {who}: +{re.escape(server.url)}/signin#token=(\S+)", server.log.read_text())
    with httpx.Client(base_url=server.url, timeout=PATIENCE_S) as browser:
        browser.get("/signin")
        form = {"token": token, CSRF_FIELD: browser.cookies[CSRF_COOKIE]}
        signed_in = browser.post("/signin", data=form)

        assert (303, 200) == (signed_in.status_code, browser.get(place).status_code)


def test_every_stream_folds_to_its_row(server: Server) -> None:
    audited = subprocess.run(
        [COMMAND, "audit", "--json"], env=server.environ, capture_output=True, text=True, check=False
    )
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert '"wrong": 0' in audited.stdout
