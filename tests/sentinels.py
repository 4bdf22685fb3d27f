"""No secret that a test sets gets into what is told: what is printed and logged, incidents, and the door's answers.

Every secret of any `Settings` is learnt when they are made, whoever makes them. What a test told is looked through when
it is over, whatever it was about: a secret in it fails the test.
"""

from collections.abc import Generator
from typing import Any

import pytest
from attrs import define, field
from litestar import Litestar
from litestar.types import Receive, Send

from billing_core.entrypoints.redacting import SHORTEST, secrets_of
from billing_core.entrypoints.settings import Settings
from billing_core.ports.records import IncidentRaised

AROUND = 200
"""So many characters before a secret are shown, and after it."""
Hook = Generator[None, pytest.TestReport, pytest.TestReport]


@define(eq=False)  # pytest keeps its plugins in sets
class Sentinels:
    """The secrets that are known, and what was told since the last test, by where."""

    secrets: set[str] = field(factory=set)
    told: list[tuple[str, str]] = field(factory=list)

    def learn(self, settings: Settings) -> None:
        self.secrets |= {secret for secret in secrets_of(settings) if len(secret) >= SHORTEST}

    def found(self, where: str, text: str) -> list[str]:
        """What was told there of a secret, in its surroundings."""
        at = [index for secret in self.secrets if (index := text.find(secret)) >= 0]
        return [f"{where}: …{text[max(0, index - AROUND) : index + AROUND]}…" for index in at]

    def listen(self, patching: pytest.MonkeyPatch) -> None:
        """Learns of all settings, and hears of all incidents, from now on."""
        make_settings, raise_incident, answer = Settings.__init__, IncidentRaised.__init__, Litestar.__call__

        def made(settings: Settings, *args: Any, **fields: Any) -> None:
            make_settings(settings, *args, **fields)
            self.learn(settings)

        def raised(incident: IncidentRaised, *args: Any, **fields: Any) -> None:
            raise_incident(incident, *args, **fields)
            self.told.append(("an incident", repr(incident)))

        async def called(app: Litestar, scope: Any, receive: Receive, send: Send) -> None:
            await answer(app, scope, receive, self._listening(app, scope, send))

        patching.setattr(Settings, "__init__", made)
        patching.setattr(IncidentRaised, "__init__", raised)
        patching.setattr(Litestar, "__call__", called)

    def _listening(self, app: Litestar, scope: Any, send: Send) -> Send:
        """Hears what an app of ours sends of its own secrets: to look for all that are known would take too long."""
        if "sought" not in app.state:
            settings = app.state.get("settings")
            secrets = secrets_of(settings) if isinstance(settings, Settings) else ()
            app.state["sought"] = [secret.encode() for secret in secrets if len(secret) >= SHORTEST]
        sought = app.state["sought"]

        async def told(message: Any) -> None:
            headers = b"\n".join(value for _, value in message.get("headers", ()))
            if any(secret in part for secret in sought for part in (headers, message.get("body", b""))):
                self.told.append((f"the answer to {scope['path']}", repr(message)))
            await send(message)

        return told

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[Any]) -> Hook:
        report = yield
        if call.when == "teardown":
            told, self.told = [*report.sections, *self.told], []
            if leaks := [leak for where, text in told for leak in self.found(where, text)]:
                report.outcome, report.longrepr = "failed", "\n".join(["a secret was told", *leaks])
        return report
