"""The provider of pictures that tests lean on: what it promises them."""

from collections import Counter

import httpx2
import pytest

from tests.provider.modes import MODES
from tests.provider.server import Chaos, ImageServer, served_in_thread
from tests.provider.wire import Call

SEVERAL = {"well": 0.5, "disconnect": 0.2, "rate_limited": 0.2, "malformed_json": 0.1}


def a_call(prompt: str) -> Call:
    return Call(number=1, method="POST", path="/v1/images/generations", headers={}, content=prompt.encode())


def fates(seed: int) -> list[str]:
    chaos = Chaos(seed, SEVERAL)
    return [chaos.fate(a_call(f"prompt {number}"), again=0) for number in range(300)]


def test_a_seed_repeats_itself_and_another_does_not() -> None:
    assert fates(1) == fates(1)
    assert fates(1) != fates(2)


def test_chaos_keeps_to_its_weights() -> None:
    told = Counter(fates(1))

    assert set(SEVERAL) == set(told)
    assert all(abs(told[way] / 300 - weight) < 0.1 for way, weight in SEVERAL.items())


def test_the_same_request_again_gets_another_fate_in_time() -> None:
    chaos = Chaos(1, SEVERAL)

    assert 1 < len({chaos.fate(a_call("a lighthouse"), again) for again in range(20)})


@pytest.mark.parametrize("chosen", ["rate_limited", "well"])
def test_a_prompt_may_choose_and_a_thread_may_serve(chosen: str) -> None:
    server = ImageServer()
    server.always("error_500")

    with served_in_thread(server) as base:
        answer = httpx2.post(f"{base}/images/generations", json={"prompt": f"[mode:{chosen}] sky", "size": "8x8"})

    assert (429 if chosen == "rate_limited" else 200) == answer.status_code
    assert {chosen: 1} == server.made


async def test_what_comes_next_comes_before_what_comes_always() -> None:
    server = ImageServer()
    server.always("error_500")
    server.then("well", "rate_limited")

    async with server.on_loopback() as base, httpx2.AsyncClient() as client:
        said = [
            (await client.post(f"{base}/images/generations", json={"prompt": "sky", "size": "8x8"})).status_code
            for _ in range(3)
        ]

    assert [200, 429, 500] == said


async def test_it_keeps_its_place_when_it_comes_back() -> None:
    server = ImageServer()

    async with server.on_loopback() as first:
        pass
    async with server.on_loopback() as second:
        pass

    assert first == second


def test_a_way_that_is_not_there_is_not_taken_silently() -> None:
    with pytest.raises(AssertionError, match="there is no way called wel"):
        ImageServer().always("wel")


def test_every_way_says_what_it_is_by_its_name() -> None:
    assert all(name.isidentifier() and name == name.lower() for name in MODES)
