"""Parts that the container is made of, and that some commands need without the rest."""
