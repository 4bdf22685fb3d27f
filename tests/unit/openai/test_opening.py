"""The way in: what is loaded when, and what is said where something is missing."""

import subprocess
import sys

import pytest

from billing_core.adapters.openai.opening import openai_images
from billing_core.ports.errors import Misconfigured

LOADED = """
import sys
from billing_core.adapters.openai.access import Access
from billing_core.adapters.openai.opening import ensure_installed, openai_images
ensure_installed()
print([name for name in ("openai", "httpx2") if name in sys.modules])
"""


def test_the_way_in_loads_nothing_of_openai_before_it_is_used() -> None:
    loaded = subprocess.run([sys.executable, "-c", LOADED], check=False, capture_output=True, text=True)

    assert ("[]\n", "") == (loaded.stdout, loaded.stderr)


async def test_where_the_package_is_missing_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)

    with pytest.raises(Misconfigured, match=r"openai is not set up: .* install `billing-core\[openai\]`"):
        async with openai_images({}, {}):
            pass
