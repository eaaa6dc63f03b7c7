"""The start of Python: what a launcher tells libpython, and the call that runs the app's code.

Nothing of Python runs here. A launcher may configure it through the old setters, through PyConfig
(whose fields are told apart by their offsets, see fields.py) or through PyInitConfig; the
rehearsal ends with the call that runs code.
"""

from . import command_line as command_line
from . import initconfig as initconfig
from . import pyconfig as pyconfig
