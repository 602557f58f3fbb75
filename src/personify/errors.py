"""The one exception users are meant to see."""


class PersonifyError(Exception):
    """Something in the caller's input is wrong.

    The message is one line that names the file or argument, says what was expected and what to do.
    The command line prints it without a traceback and exits with code 2; every other exception is a
    bug of ours and keeps its traceback.
    """
