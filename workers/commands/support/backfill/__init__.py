"""A backfill as a command sees it: its source, the API's calls, the file of results, the line."""
