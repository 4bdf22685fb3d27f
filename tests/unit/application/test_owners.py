"""Owners are remembered, for they never move; that there is none is not."""

import asyncio

from attrs import define, field

from billing_core.application.owners import Owners
from billing_core.ports.directory import ParkedEvent


@define
class Asked:
    """A directory that counts how often it is asked."""

    owners: dict[str, str]
    questions: list[str] = field(factory=list)

    async def owner_of(self, provider_id: str) -> str | None:
        self.questions.append(provider_id)
        await asyncio.sleep(0)
        return self.owners.get(provider_id)

    async def park(self, event: ParkedEvent) -> None:
        raise NotImplementedError

    async def parked_for(self, provider_id: str) -> tuple[ParkedEvent, ...]:
        raise NotImplementedError

    async def unpark(self, event_id: str) -> None:
        raise NotImplementedError


async def test_an_owner_is_asked_for_once() -> None:
    directory = Asked({"cus_1": "ann"})
    owners = Owners(directory)

    assert ["ann", "ann", "ann"] == [await owners.of("cus_1") for _ in range(3)]
    assert ["cus_1"] == directory.questions


async def test_only_who_was_found_to_own_an_id_is_known_to() -> None:
    owners = Owners(Asked({"cus_1": "ann"}))

    assert not owners.knows("ann", "cus_1")
    await owners.of("cus_1")
    assert owners.knows("ann", "cus_1")
    assert not owners.knows("bob", "cus_1")


async def test_an_id_without_an_owner_is_asked_for_again() -> None:
    directory = Asked({})
    owners = Owners(directory)

    assert await owners.of("cus_1") is None
    directory.owners["cus_1"] = "ann"
    assert "ann" == await owners.of("cus_1")
    assert ["cus_1", "cus_1"] == directory.questions


async def test_ids_without_owners_take_no_room() -> None:
    directory = Asked({"cus_1": "ann"})
    owners = Owners(directory, most=1)

    await owners.of("cus_1")
    for number in range(10):
        await owners.of(f"cus_nobody_{number}")
    directory.questions.clear()
    await owners.of("cus_1")
    assert [] == directory.questions


async def test_only_so_many_are_remembered_and_the_least_asked_for_is_forgotten() -> None:
    directory = Asked({f"cus_{number}": f"account-{number}" for number in range(4)})
    owners = Owners(directory, most=3)

    for number in (0, 1, 2, 0, 3):
        await owners.of(f"cus_{number}")
    directory.questions.clear()
    for number in (0, 2, 3):
        await owners.of(f"cus_{number}")
    assert [] == directory.questions
    await owners.of("cus_1")
    assert ["cus_1"] == directory.questions


async def test_who_asks_at_once_waits_for_nobody() -> None:
    directory = Asked({"cus_1": "ann", "cus_2": "bob"})
    owners = Owners(directory, most=1)

    assert ["ann", "bob", "ann", "bob"] == await asyncio.gather(
        *(owners.of(each) for each in ("cus_1", "cus_2", "cus_1", "cus_2"))
    )
    assert 4 == len(directory.questions)
