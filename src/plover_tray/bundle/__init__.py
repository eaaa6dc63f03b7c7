"""A bundle on disk: its tree, its Info.plist, the Python in it and what it runs; reading only."""
