"""Models of Apple's libraries and of CPython's, a folder or a file each.

Importing this package fills the registries of machine/models.py and objc/methods.py.
"""

from . import corefoundation as corefoundation
from . import dyld as dyld
from . import foundation as foundation
from . import libc as libc
from . import objc as objc
from . import processes as processes
from . import python as python
