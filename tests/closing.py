"""Closing a server of asyncio."""

import asyncio


async def close(server: asyncio.Server) -> None:
    """Once nobody is just being accepted: whoever is would be left open."""
    for _ in range(10):
        await asyncio.sleep(0)
    server.close()
