"""What ships to run the product with: containers, systemd units, and the page that tells operators how.

No builder is at hand, so the files are read: what is essential is there, and every command and setting exists.
"""

import re
import tomllib
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from billing_core.domain.guides import GUIDES
from billing_core.entrypoints.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
OPERATIONS = (ROOT / "docs/operations.md").read_text()
COMPOSE: dict[str, Any] = msgspec.yaml.decode((ROOT / "compose.yaml").read_bytes())
OURS = {name: service for name, service in COMPOSE["services"].items() if name != "postgres"}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's, a line each, without its comments."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.split()[0], " ".join(line.split()[1:])) for line in lines if line.strip()]


def stages() -> list[list[tuple[str, str]]]:
    """The Dockerfile's instructions, stage by stage, each with its FROM."""
    found: list[list[tuple[str, str]]] = []
    for name, rest in instructions():
        if name == "FROM":
            found.append([])
        found[-1].append((name, rest))
    return found


def ensure_a_command(words: list[str]) -> None:
    """Raises what the command line does for a command or an option that it does not have."""
    with click.Context(main) as context:
        command: click.Command | None = main
        while isinstance(command, click.Group) and words:
            command, words = command.get_command(context, words[0]), words[1:]
        assert command is not None
        command.make_context("billing-core", words, parent=context)


def unit(path: Path) -> RawConfigParser:
    read = RawConfigParser(interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(path.read_text())
    return read


def test_the_image_is_put_together_in_a_stage_that_does_not_ship() -> None:
    *building, shipped = stages()
    names = [stage[0][1].rpartition(" AS ")[2] for stage in building]
    copies = [rest for name, rest in shipped if name == "COPY"]

    assert names == ["builder"]
    assert [rest for rest in copies if not rest.startswith("--from=builder ")] == []


def test_every_base_of_the_image_names_its_version() -> None:
    bases = [rest.split()[0] for name, rest in instructions() if name == "FROM"]

    assert [base for base in bases if not re.fullmatch(r"python:3\.\d+-slim-\w+", base)] == []


def test_the_image_has_a_python_that_the_package_supports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bases = {rest.split()[0] for name, rest in instructions() if name == "FROM"}
    versions = {re.sub(r"python:(3\.\d+).*", r"\1", base) for base in bases}

    assert {f"Programming Language :: Python :: {version}" for version in versions} <= set(project["classifiers"])


@pytest.mark.failure("F25")
def test_whatever_is_downloaded_into_the_image_is_checked_by_its_hash() -> None:
    steps = [step for name, rest in instructions() if name == "RUN" for step in rest.split("&&")]
    fetching = [step for step in steps if re.search(r"\b(pip install|uv build)\b", step) and "--no-deps" not in step]

    assert len(fetching) == 3
    assert [step for step in fetching if "--require-hashes" not in step] == []
    assert [rest for name, rest in instructions() if name == "ADD" or re.search(r"\b(curl|wget|apt-get)\b", rest)] == []


def test_the_image_runs_as_a_user_without_rights_and_tells_its_health() -> None:
    shipped = dict(stages()[-1])

    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", shipped["USER"])
    assert "/health" in shipped["HEALTHCHECK"]
    assert shipped["ENTRYPOINT"] == '["billing-core"]'
    ensure_a_command(msgspec.json.decode(shipped["CMD"], type=list[str]))


def test_nothing_of_the_machine_that_builds_gets_into_the_image() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = [rest.split()[:-1] for name, rest in stages()[0] if name == "COPY"]

    assert "*" in lines
    assert {name for names in copied for name in names} == sent
    assert [name for name in sent if not (ROOT / name).exists()] == []


def test_compose_has_a_postgresql_that_answers_before_the_tables_are_upgraded_and_anything_else_begins() -> None:
    postgres = COMPOSE["services"]["postgres"]

    assert postgres["image"] == "postgres:18"
    assert postgres["healthcheck"]["test"][1] == "pg_isready"
    assert OURS["upgrade"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("web", "worker"):
        assert OURS[name]["depends_on"] == {"upgrade": {"condition": "service_completed_successfully"}}


def test_compose_calls_commands_that_there_are() -> None:
    assert {name: service["command"][0] for name, service in OURS.items()} == {
        "upgrade": "db",
        "web": "serve",
        "worker": "worker",
    }
    for service in OURS.values():
        ensure_a_command(service["command"])


def test_whatever_serves_and_works_in_compose_shares_books_pictures_and_secrets() -> None:
    for name in ("env_file", "environment", "volumes", "image"):
        assert len({msgspec.json.encode(service[name]) for service in OURS.values()}) == 1


def test_no_secret_stands_in_compose_and_nothing_listens_to_the_world() -> None:
    text = (ROOT / "compose.yaml").read_text()
    passwords = re.findall(r"(?:PASSWORD: |://billing:)(\$\{POSTGRES_PASSWORD:\?[^}]*\})?", text)
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]

    assert [password for password in passwords if not password] == []
    assert ports == ["127.0.0.1:8000:8000"]


def test_every_volume_of_compose_is_declared() -> None:
    used = {volume.split(":")[0] for service in COMPOSE["services"].values() for volume in service.get("volumes", ())}

    assert used == set(COMPOSE["volumes"])


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_calls_a_command_that_there_is_without_rights_and_with_the_settings(path: Path) -> None:
    service = unit(path)["Service"]
    program, *words = service["ExecStart"].split()

    assert program == "/opt/billing-core/bin/billing-core"
    ensure_a_command(words)
    assert service["User"] == "billing"
    assert service["EnvironmentFile"] == "/etc/billing-core/environment"
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
    assert (service["NoNewPrivileges"], service["ProtectSystem"], service["CapabilityBoundingSet"]) == (
        "yes",
        "strict",
        "",
    )


def test_there_is_a_unit_for_each_service_of_compose() -> None:
    assert {re.sub(r"billing-core-(\w+)@?", r"\1", path.stem) for path in UNITS} == set(OURS)


@pytest.mark.parametrize("path", [path for path in UNITS if "upgrade" not in path.stem], ids=lambda path: path.stem)
def test_a_unit_is_started_again_whenever_it_ends(path: Path) -> None:
    read = unit(path)

    assert read["Service"]["Restart"] == "always"
    assert read["Unit"]["StartLimitIntervalSec"] == "0"
    assert read["Install"]["WantedBy"] == "multi-user.target"


def commands_told() -> Iterator[list[str]]:
    """What the page has operators type, as words; placeholders stand for what they put in."""
    for line in re.findall(r"(?:^ {4}|`)(?:\S+=\S+ )*billing-core ([a-z][^`\n#]*)", OPERATIONS, re.MULTILINE):
        yield [{"DAY": "2026-11-20"}.get(word, word) for word in line.split()]


def test_every_command_of_the_page_for_operators_is_there() -> None:
    told = [words for words in commands_told() if words[0] in COMMANDS]

    assert len(told) > 15
    for words in told:
        ensure_a_command(words)


def test_every_setting_of_the_page_for_operators_is_read_somewhere() -> None:
    names = set(re.findall(r"\b(?:BILLING|STRIPE|FRONTEND)_[A-Z_]+\b", OPERATIONS))
    sources = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))

    assert sorted(name for name in names if f'"{name}"' not in sources) == []


def test_the_page_for_operators_links_each_kind_of_incident() -> None:
    chapters = re.findall(r"^## (.*)\n\n`(\w+)`", (ROOT / "docs/incidents.md").read_text(), re.MULTILINE)
    linked = {kind for title, kind in chapters if f"[{title}](incidents.md#{anchor(title)})" in OPERATIONS}

    assert linked == {kind.value for kind in GUIDES}


def test_every_link_of_the_page_for_operators_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", OPERATIONS):
        page, _, fragment = target.partition("#")
        text = (ROOT / "docs" / page).read_text()
        assert not fragment or fragment in {anchor(title) for title in re.findall(r"^#+ (.*)", text, re.MULTILINE)}


def anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
