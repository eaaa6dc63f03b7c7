"""Models of the C library, a module for each family of functions."""

from . import characters as characters
from . import environment as environment
from . import files as files
from . import logging as logging
from . import memory as memory
from . import paths as paths
from . import printing as printing
from . import streams as streams
from . import strings as strings
from . import system as system
from . import threads as threads
from . import wide as wide
