"""The page about generations is true: its commands are run against a server, and answered as it says.

Not every machine has a curl, so one that knows what the page needs stands in for it.
"""

import asyncio
import os
import re
import sys
from pathlib import Path

from billing_core.adapters.drawn import DrawnImages
from tests.shops.served import served

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "generations.md").read_text(encoding="utf-8")
CURL = f"""#!{sys.executable}
import os, sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

url, headers, content, words = "", {{}}, None, iter(sys.argv[1:])
for word in words:
    if word == "-H":
        name, _, value = next(words).partition(": ")
        headers[name] = value
    elif word == "--json":
        content, headers["Content-Type"] = next(words).encode(), "application/json"
    elif word not in ("-s", "-sN"):
        url = word
try:
    answer = urlopen(Request(url, content, headers))
except HTTPError as error:
    answer = error
sys.stdout.buffer.write(answer.read())
with open(os.environ["ANSWERS"], "a") as answers:
    answers.write(f"{{answer.status}}\\n")
"""


def commands() -> str:
    return "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))


def promised() -> list[str]:
    """The statuses that stand behind the commands."""
    return re.findall(r"curl .*# (\d{3})$", commands(), re.MULTILINE)


async def test_every_command_is_answered_as_the_page_says(tmp_path: Path) -> None:
    curl, answers = tmp_path / "curl", tmp_path / "answers"
    curl.write_text(CURL)
    curl.chmod(0o755)
    async with served(images=DrawnImages()) as shop:
        script = "\n".join(
            [
                f"url={str(shop.client.base_url).rstrip('/')}",
                f"auth='Authorization: {shop.bearer('ada')['Authorization']}'",
                re.sub(r"^(export PATH|url|auth)=.*$", "", commands(), flags=re.MULTILINE),
            ]
        )
        path = os.pathsep.join((str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]))
        ran = await asyncio.create_subprocess_exec(
            "sh",
            "-eu",
            "-c",
            script,
            env={"PATH": path, "ANSWERS": str(answers)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complaints = await ran.communicate()

    assert 0 == ran.returncode, complaints.decode()
    assert promised() == answers.read_text().split()
    assert b"event: done" in said


def test_every_command_says_how_it_is_answered() -> None:
    assert len(re.findall(r"\bcurl -", commands())) == len(promised())


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGE)

    assert [] == [link for link in links if not (ROOT / "docs" / link).exists()]
