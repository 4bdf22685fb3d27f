"""What is secret is compared in a time that tells nothing, wherever it is compared."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "billing_core"
SECRET = r"(?:\w*\.)*_?(?:mac|signature|secret|password|token|api_key)\b(?!\()"
LETTER_BY_LETTER = re.compile(rf"{SECRET} [!=]= (?!\"\"|None|0)|[!=]= {SECRET}")
HARMLESS = {"adapters/stripe/signatures.py": "whether the operator has set a secret with spaces around it"}


def letter_by_letter(text: str) -> list[str]:
    return [line for line in text.splitlines() if "= " in line and LETTER_BY_LETTER.search(line)]


@pytest.mark.failure("F15")
def test_nothing_secret_is_compared_letter_by_letter() -> None:
    found = {str(path.relative_to(SOURCE)): letter_by_letter(path.read_text()) for path in SOURCE.rglob("*.py")}

    assert {} == {path: lines for path, lines in found.items() if lines and path not in HARMLESS}
    assert [] == [path for path in HARMLESS if not found[path]]


@pytest.mark.parametrize("planted", ["if sent.signature == mine:", "return mac != theirs", "if given == self._token:"])
def test_whoever_would_do_so_is_found(planted: str) -> None:
    assert [] != letter_by_letter(planted)
