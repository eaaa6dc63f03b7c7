"""Models of Apple's libraries and of CPython's, a folder or a file each."""
