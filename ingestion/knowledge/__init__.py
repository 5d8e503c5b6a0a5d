"""What workers search: stores of embedded chunks behind one interface."""
