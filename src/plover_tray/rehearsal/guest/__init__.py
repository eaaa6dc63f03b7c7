"""The pretended Mac that a program sees: its files, paths, environment and process."""
