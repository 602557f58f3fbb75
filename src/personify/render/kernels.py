"""How kernels that only other kernels call are compiled."""

from __future__ import annotations

import functools

from numba import njit

inner = functools.partial(njit, cache=True, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""``@inner()``: njit without the wrapper for calls from Python, which takes longer to compile than a small kernel.

Python itself must not call such a function: it would end the process.
"""
