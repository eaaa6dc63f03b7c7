"""Models of the C library, a module for each family of functions."""
