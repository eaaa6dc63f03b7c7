"""Foundation and AppKit: models of the classes that launchers use."""

from . import application as application
from . import bundles as bundles
from . import collections as collections
from . import files as files
from . import plain_objects as plain_objects
from . import processes as processes
from . import strings as strings
from . import tasks as tasks
