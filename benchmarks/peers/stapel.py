"""stapel-billing's own path of a hold and a capture, run by its own Python: `stapel.py prepare|spend`.

The order comes on standard input, the figures go to standard output. Accounts are made and funded through its own
services. Each thread has one connection that stays open.
"""

import json
import os
import random
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings

from benchmarks.figures import Figures, figures
from benchmarks.machine import Watch

APPS = (
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "stapel_core.django.apps.CommonDjangoConfig",
    "stapel_core.django.users",
    "rest_framework",
    "stapel_billing",
)
CREDITS = 10**9
WARM_S = 0.5


def set_up(url: str) -> None:
    """Django on that database, with nothing that a shop would not have on either."""
    place = urlsplit(url)
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": place.hostname,
        "PORT": place.port,
        "USER": place.username,
        "NAME": place.path.removeprefix("/"),
        "CONN_MAX_AGE": None,
    }
    settings.configure(
        SECRET_KEY="not-a-secret-on-loopback",
        INSTALLED_APPS=APPS,
        AUTH_USER_MODEL="users.User",
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        STAPEL_BUS_BACKEND="stapel_core.bus.backends.memory.MemoryBus",
        STAPEL_COMM={"OUTBOX_ENABLED": False, "ACTION_TRANSPORT": "inprocess"},
        LOGGING_CONFIG=None,
        SILENCED_SYSTEM_CHECKS=["stapel_billing.W105"],
    )
    django.setup()


def prepare(accounts: int) -> None:
    """Its tables by its own migrations, and so many accounts with credits."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from stapel_billing import services

    call_command("migrate", verbosity=0)
    model = get_user_model()
    for number in range(accounts):
        user = model.objects.create(username=f"user-{number}", email=f"user{number}@example.com")
        services.grant_credits(user=user, credits=CREDITS, reason="benchmark", actor="benchmark")


def pairs(users: list[Any], *, seed: int, until: float) -> list[float]:
    """How long each hold took, of the pairs that one thread made until then."""
    from stapel_billing import services
    from stapel_billing.models import TransactionType

    chance = random.Random(seed)
    latencies_s: list[float] = []
    while time.perf_counter() < until:
        user, key = chance.choice(users), uuid.uuid4().hex
        started = time.perf_counter()
        held = services.hold(user=user, credits=1, type=TransactionType.AI_CHARGE, idempotency_key=key)
        latencies_s.append(time.perf_counter() - started)
        services.capture(hold_id=held.id)
    return latencies_s


def measure(order: dict[str, Any]) -> Figures:
    """A short warm-up, then what is measured, by the same threads: each keeps its connection."""
    from django.contrib.auth import get_user_model

    users = list(get_user_model().objects.order_by("username")[: order["accounts"]])
    watch = Watch({pid: part for part, pid in order["parts"].items()} | {os.getpid(): "server"})
    with ThreadPoolExecutor(order["tasks"]) as threads:

        def spend(seconds: float) -> list[float]:
            until = time.perf_counter() + seconds
            started = [threads.submit(pairs, users, seed=seed, until=until) for seed in range(order["tasks"])]
            return [latency for thread in started for latency in thread.result()]

        spend(WARM_S)
        with watch:
            latencies_s = spend(order["seconds"])
    return figures(len(latencies_s), latencies_s, watch)


def main() -> None:
    order = json.load(sys.stdin)
    set_up(order["url"])
    answer: object = {}
    if sys.argv[1] == "prepare":
        prepare(order["accounts"])
    else:
        answer = measure(order)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
