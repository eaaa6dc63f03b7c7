"""Models of the C library, a module for each family of functions."""

from . import blocks as blocks
from . import characters as characters
from . import clock as clock
from . import environment as environment
from . import files as files
from . import logging as logging
from . import memory as memory
from . import names as names
from . import paths as paths
from . import printing as printing
from . import status as status
from . import streams as streams
from . import strings as strings
from . import system as system
from . import threads as threads
from . import wide as wide
