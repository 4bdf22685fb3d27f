"""Every way in which a provider answers a request for pictures, by name: well, oddly, badly, not at all."""

from tests.provider import badly, oddly, well
from tests.provider.playing import PLAYED, Mode

MODES: dict[str, Mode] = PLAYED
LOADED = (badly, oddly, well)  # each has noted its own
