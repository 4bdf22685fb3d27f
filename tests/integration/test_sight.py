"""What a server process tells of itself while it is asked, well and badly."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.settings import Settings

COMMAND = Path(sys.executable).parent / "billing-core"
PATIENCE_S = 60
JWT, WEBHOOK, METRICS = "sentinel-of-the-tokens-" * 2, "whsec_sentinelofwebhooks", "sentinel-of-the-metrics"
PROMPT, EMAIL, KEY = "sentinel prompt of a customer", "sentinel@shop.example", "sk_live_sentinel1234"


def ask(url: str) -> list[str]:
    """Good and bad requests at many doors, with what nobody may see again; what was answered."""
    bearer = token(Settings(jwt_secret=JWT), "ada")
    headers = {"Authorization": f"Bearer {bearer}", "X-Request-Id": "order-7"}
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        answers = [
            client.get("/api/v1/account", headers=headers),
            client.get(f"/api/v1/account?key={KEY}", headers={"Authorization": f"Bearer {KEY}"}),
            client.get(f"/{KEY}/{EMAIL}"),
            client.post("/api/v1/generations", headers=headers, json={"prompt": PROMPT, "n": KEY}),
            client.post("/api/v1/generations", headers=headers, content=f"{PROMPT} {EMAIL}"),
            client.post("/api/v1/subscriptions/webhook", headers={"Stripe-Signature": WEBHOOK}, content=EMAIL),
            client.get("/metrics", headers={"Authorization": f"Bearer {METRICS}"}),
            client.get("/metrics", headers={"Authorization": f"Bearer {KEY}"}),
            client.get("/"),
        ]
        assert "order-7" == answers[0].headers["x-request-id"]
    return [answer.text for answer in answers] + [bearer.rpartition(".")[2]]


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.mark.failure("F14")
def test_each_line_is_json_and_none_tells_a_secret_a_prompt_or_an_address(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log, url = tmp_path / "log", f"http://127.0.0.1:{port}"
    environ = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "BILLING_DATABASE_URL": f"sqlite:///{tmp_path}/billing.db",
        "BILLING_JWT_SECRET": JWT,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK,
        "BILLING_METRICS_TOKEN": METRICS,
        "BILLING_LOG": "debug",
    }
    with log.open("wb") as told:
        process = subprocess.Popen([COMMAND, "serve"], env=environ, stdout=subprocess.DEVNULL, stderr=told)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not log.exists() or '"route":"/ready","status":200' not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()
            assert process.poll() is None, log.read_text()
            try:
                httpx.get(f"{url}/ready")
            except httpx.TransportError:
                time.sleep(0.1)
        *answers, signed = ask(url)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)

    mine = [line for line in lines_of(log) if line.get("request_id") == "order-7"]
    assert ("request", "/api/v1/account", 200, "ada") == tuple(
        mine[0][key] for key in ("event", "route", "status", "account_id")
    )
    text = log.read_text()
    assert [] == [secret for secret in (JWT, WEBHOOK, METRICS, PROMPT, EMAIL, KEY, signed) if secret in text]
    assert [] == [secret for secret in (JWT, WEBHOOK, METRICS) if any(secret in answer for answer in answers)]
