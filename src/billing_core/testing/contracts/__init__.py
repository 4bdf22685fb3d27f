"""What every adapter of a port must do: one class per port, to subclass and to give its fixture to."""
