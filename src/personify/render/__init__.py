"""Pictures: cameras, the mesh z-buffer and its studio, contact sheets and video.

The kernels are compiled by numba on first use (about 20 s of CPU once per machine) and cached beside the sources. Numba
watches only the file a kernel stands in: after editing a helper that kernels of other files call, touch those files.
"""
