"""Writing whole or not at all: atomic renames, copied trees, staging, scratch folders."""
