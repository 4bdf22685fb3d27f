"""The doors: settings, the container that wires everything, HTTP, and the command line."""
