"""CoreFoundation: models of the functions that launchers use, over the same objects."""

from . import bundles as bundles
from . import collections as collections
from . import strings as strings
from . import urls as urls
