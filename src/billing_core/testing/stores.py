"""An image store for tests."""

from attrs import define, field


@define
class KeptImages:
    """Keeps pictures in a dictionary, `kept`, for a test to look at."""

    kept: dict[str, bytes] = field(factory=dict)

    async def put(self, key: str, content: bytes) -> None:
        self.kept[key] = content

    async def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    async def delete(self, key: str) -> None:
        self.kept.pop(key, None)

    async def keys(self, folder: str) -> tuple[str, ...]:
        below = f"{folder}/"
        return tuple(sorted([key for key in self.kept if key.startswith(below)]))
