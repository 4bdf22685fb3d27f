"""The pages: what customers and operators see. Written by the server, whole; a small script makes them livelier."""
