"""The page about generations is true: its commands are run against a server, and answered as it says."""

import re
from pathlib import Path

from billing_core.adapters.drawn import DrawnImages
from tests.documented.shell import run
from tests.shops.served import served

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "generations.md").read_text(encoding="utf-8")


def commands() -> str:
    return "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))


def promised() -> list[str]:
    """The statuses that stand behind the commands."""
    return re.findall(r"curl .*# (\d{3})$", commands(), re.MULTILINE)


async def test_every_command_is_answered_as_the_page_says(tmp_path: Path) -> None:
    async with served(images=DrawnImages()) as shop:
        script = "\n".join(
            [
                f"url={str(shop.client.base_url).rstrip('/')}",
                f"auth='Authorization: {shop.bearer('ada')['Authorization']}'",
                re.sub(r"^(export PATH|url|auth)=.*$", "", commands(), flags=re.MULTILINE),
            ]
        )
        ran = await run(script, tmp_path)

    assert 0 == ran.code, ran.complaints
    assert tuple(promised()) == ran.statuses
    assert "event: done" in ran.said


def test_every_command_says_how_it_is_answered() -> None:
    assert len(re.findall(r"\bcurl -", commands())) == len(promised())


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGE)

    assert [] == [link for link in links if not (ROOT / "docs" / link).exists()]
