"""The README is true: its sessions do what they say, its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

from billing_core.adapters.drawn import DrawnImages
from tests.documented.shell import run
from tests.shops.served import served

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_session_in_python_prints_what_the_readme_says(tmp_path: Path) -> None:
    session = [sys.executable, "-W", "error", "-c", block("python")]
    ran = subprocess.run(session, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == block("text")


async def test_the_session_over_http_is_answered_as_the_readme_says(tmp_path: Path) -> None:
    async with served(images=DrawnImages()) as shop:
        script = "\n".join(
            [
                f"url={str(shop.client.base_url).rstrip('/')}",
                f"auth='Authorization: {shop.bearer('ada')['Authorization']}'",
                re.sub(r"^(export PATH|url|auth)=.*$", "", block("bash"), flags=re.MULTILINE),
            ]
        )
        ran = await run(script, tmp_path)

    assert 0 == ran.code, ran.complaints
    assert ("200", "201", "200", "200", "200", "403", "200", "200", "200") == ran.statuses
    assert ['"tier":"basic"', '"tier":"premium"', '"tier":"free"'] == re.findall(r'"tier":"\w+"', ran.said)
    assert '"code":"not_entitled"' in ran.said


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []
