"""Mach-O files: the tables of the format, reading a slice and a file, editing."""
