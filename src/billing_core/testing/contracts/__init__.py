"""What every adapter of a port must do. Subclass the contract and fill its fixtures; pytest-asyncio runs it.

Fakes and real adapters pass the same ones, so a test that runs on a fake says something about production.
"""
