"""The command line: one file per command; parsing, one call, rendering."""
