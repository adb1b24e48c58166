"""Console scripts: each parses its arguments and calls a room below."""
