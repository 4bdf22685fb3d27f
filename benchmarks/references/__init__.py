"""The least that is honest: what a careful hand-written service would do, without a product's rules."""
