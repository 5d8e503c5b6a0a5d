"""Whether an answer may be sent: what it says must stand in the passages shown. Pure."""
