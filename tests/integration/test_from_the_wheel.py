"""Every example runs where nothing is installed but the built wheel and its framework, and this repository is not seen.

One wheel is built and one environment made for all of them, from the versions of the lock.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from attrs import frozen

from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.settings import Settings
from tests.local_postgres import free_port

ROOT = Path(__file__).parents[2]
FRAMEWORKS = ("fastapi", "django", "uvicorn", "pytest-asyncio")
SECRET = "a secret of thirty-two characters."
ADA = token(Settings(jwt_secret=SECRET), "ada")
SHOPS = ("picture_shop", "django_shop", "django_async_shop", "fastapi_shop")
PATIENCE_S = 120

pytestmark = pytest.mark.wheel


@frozen
class Stranger:
    """Somebody who has the wheel, the examples and a folder of their own."""

    python: Path
    folder: Path

    def environment(self, **settings: str) -> dict[str, str]:
        """Of the machine, without what is ours."""
        ours = ("BILLING", "STRIPE", "PYTHON", "PYTEST", "PORT", "HOST", "VIRTUAL_ENV", "COV_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return kept | {"BILLING_DATABASE_URL": f"sqlite:///{self.folder}/billing.db"} | settings

    def run(self, *args: str, **settings: str) -> str:
        """What Python printed. A run that failed fails the test, with all that it said."""
        ran = subprocess.run(
            [self.python, *args],
            cwd=self.folder,
            env=self.environment(**settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    @contextmanager
    def running(self, *args: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process that goes on beside the test, and is told to end after it."""
        process = subprocess.Popen([self.python, *args], cwd=self.folder, env=self.environment(**settings))
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


@frozen
class Served:
    """An example that serves, or is about to."""

    process: subprocess.Popen[bytes]
    client: httpx.Client

    def ready(self) -> httpx.Client:
        """Once somebody answers."""
        for _ in range(PATIENCE_S * 20):
            assert self.process.poll() is None, "it ended before it served"
            try:
                self.client.get("/")
            except httpx.ConnectError:
                time.sleep(0.05)
            else:
                return self.client
        pytest.fail("nobody answers")


def build(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment, with the wheel and the frameworks."""
    place = tmp_path_factory.mktemp("wheel")
    python = place / "venv" / "bin" / "python"
    build(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place / "dist"))
    (wheel,) = (place / "dist").glob("*.whl")
    build(sys.executable, "-m", "venv", "--without-pip", str(place / "venv"))
    install(python, f"{wheel}[postgres,testing]", *FRAMEWORKS)
    return python


def install(python: Path, *what: str) -> None:
    """As `make setup` does, in the versions of the lock; its hashes would ask for one of the wheel too."""
    locked = re.findall(r"^\S+==.*?(?= \\\\$)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    versions = python.parents[2] / "versions.txt"
    versions.write_text("\n".join(locked))
    pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--disable-pip-version-check")
    build(*pip, "--constraint", str(versions), *what)


@pytest.fixture(scope="module")
def stranger(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    folder = tmp_path_factory.mktemp("stranger")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return Stranger(installed, folder)


@pytest.fixture(scope="module")
def served(stranger: Stranger) -> Iterator[Mapping[str, Served]]:
    """Every example that serves, by its name. All are started at once: most of their time is spent on imports."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(serving(stranger, name)) for name in SHOPS}


@contextmanager
def serving(stranger: Stranger, name: str) -> Iterator[Served]:
    port, books = free_port(), stranger.folder / name
    books.mkdir()
    settings = {"PORT": str(port), "BILLING_DATABASE_URL": f"sqlite:///{books}/billing.db"}
    with (
        stranger.running(f"examples/{name}.py", BILLING_JWT_SECRET=SECRET, **settings) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S, trust_env=False) as client,
    ):
        yield Served(process, client)


def sells_and_spends(client: httpx.Client) -> None:
    """What each shop does for a customer, whatever it is built with."""
    before = client.get("/accounts/ada").json()
    started = client.post("/accounts/ada/checkout").json()
    paid = client.post(f"/simulation/pay/{started['session']}").json()
    spent = [client.post("/accounts/ada/work").json() for _ in range(2)]
    refused = [client.post("/accounts/bob/work") for _ in range(3)][-1]
    forged = client.post("/stripe/webhook", content=b"{}", headers={"Stripe-Signature": "t=1,v1=forged"})

    assert ({"plan": "free", "credits": 10}, "succeeded") == (before, paid["status"])
    assert ("basic", [206, 202]) == (client.get("/accounts/ada").json()["plan"], [each["credits"] for each in spent])
    assert (402, "4 credits are needed, 2 are available") == (refused.status_code, refused.json()["error"])
    assert 400 == forged.status_code


def test_what_is_imported_is_the_wheel_and_it_is_typed(stranger: Stranger) -> None:
    package = Path(stranger.run("-c", "import billing_core; print(billing_core.__path__[0])").strip())

    assert stranger.python.parents[1] in package.parents
    assert (package / "py.typed").exists()


def test_a_plain_script(stranger: Stranger) -> None:
    """It is the first to run, so that those that are started at once find most of the packages compiled."""
    told = stranger.run("examples/script.py").splitlines()

    assert ["no poster: 25 credits are needed, 10 are available", "the pack: succeeded"] == told[:2]
    assert ["the poster is printed", "985 can be spent now, and 0 more are set aside."] == told[2:4]


def test_litestar_with_the_facade(served: Mapping[str, Served]) -> None:
    sells_and_spends(served["picture_shop"].ready())


def test_django_without_async(served: Mapping[str, Served]) -> None:
    sells_and_spends(served["django_shop"].ready())


def test_django_with_async_views(served: Mapping[str, Served]) -> None:
    client = served["django_async_shop"].ready()
    drawn = client.post("/accounts/ada/pictures", content="a fox").json()
    forged = client.post("/stripe/webhook", content=b"{}", headers={"Stripe-Signature": "t=1,v1=forged"})
    left = client.get("/accounts/ada").json()

    assert ("succeeded", 1, {"plan": "free", "credits": 9}) == (drawn["status"], len(drawn["pictures"]), left)
    assert 400 == forged.status_code


def test_fastapi_with_the_product_mounted_and_a_dependency(served: Mapping[str, Served]) -> None:
    client = served["fastapi_shop"].ready()
    before = client.get("/shop/ada").json()
    spent = client.post("/shop/ada/posters").json()
    seen = client.get("/api/v1/credits", headers={"Authorization": f"Bearer {ADA}"}).json()
    refused = [client.post("/shop/ada/posters") for _ in range(2)][-1]
    page = client.get("/")

    assert ({"plan": "free", "credits": 10}, 6, 6) == (before, spent["credits"], seen["available"])
    assert (402, 200) == (refused.status_code, page.status_code)
    assert "text/html" in page.headers["content-type"]


def test_a_worker_with_pictures_of_its_own(stranger: Stranger, postgres_url: str) -> None:
    """Somebody else serves and leaves the jobs; the worker makes the one picture and refuses the other."""
    shared = {"BILLING_DATABASE_URL": postgres_url, "BILLING_JWT_SECRET": SECRET}
    asking = (
        "import asyncio, datetime\n"
        "from billing_core import BlockingBilling\n"
        "with BlockingBilling.from_environment(jobs=False) as billing:\n"
        "    for prompt in ('teal', 'a lighthouse'):\n"
        "        print(billing.generate('ada', prompt, wait=datetime.timedelta(seconds=40)).status.value)\n"
        "    print(billing.credits('ada').available)\n"
    )
    with stranger.running("examples/worker.py", **shared) as worker:
        told = stranger.run("-c", asking, **shared).split()
        worker.terminate()

        assert 0 == worker.wait(PATIENCE_S)
    with psycopg.connect(postgres_url) as connection:
        left = connection.execute("select count(*) from procrastinate_jobs where status = 'doing'").fetchone()

    assert (["succeeded", "refused", "9"], (0,)) == (told, left)


def test_a_project_with_adapters_of_its_own(stranger: Stranger) -> None:
    told = stranger.run("-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/outside")

    (passed,) = re.findall(r"^(\d+) passed in ", told, re.MULTILINE)
    assert 125 <= int(passed)


@pytest.mark.long
def test_a_strict_type_checker_takes_right_uses_and_no_wrong_ones(stranger: Stranger) -> None:
    """The same files as in `make types`, without our configuration: half a minute, since it reads every dependency."""
    install(stranger.python, "mypy")
    shutil.copytree(ROOT / "tests" / "typing", stranger.folder / "typing")

    told = stranger.run("-m", "mypy", "--strict", "typing/right.py", "typing/wrong.py")

    assert "Success: no issues found in 2 source files" == told.strip()
