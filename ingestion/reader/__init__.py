"""The reader: a child process that opens files, so that no file hurts more than itself."""
