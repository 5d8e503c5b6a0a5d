"""The drain: from the lanes into the engine and back into the records."""
