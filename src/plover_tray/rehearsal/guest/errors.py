"""What readers of the guest's data raise where nothing can be made of it."""


class GuestDataError(Exception):
    """The guest gave something that no compiler or person would make: a size, a text, a name.

    It is the guest's doing and not an error of plover-tray's: a model that raises it ends the
    rehearsal as one that does not know what follows.
    """
