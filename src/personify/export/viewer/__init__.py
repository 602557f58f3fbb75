"""The offline viewer: one HTML file that shows an avatar in any browser, by double click and without a network.

``viewer.js`` is built by ``tools/build_viewer.py``; ``page.html`` is the page around it.
"""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path

from personify.export.glb_reader import decode_glb, read_glb_bytes
from personify.files import atomic_path

BUNDLE = Path(__file__).parent / "viewer.js"
PAGE = Path(__file__).parent / "page.html"


def write_viewer(path: Path | str, glb: bytes | Path | str, title: str = "Avatar") -> Path:
    """Write a self-contained page around a GLB file.

    The address may name a moment, e.g. ``avatar.html#clip=walk&time=0.5`` opens paused there.

    Args:
        path: the HTML file to write.
        glb: the file's bytes, or its path.
        title: shown on the page and in the browser's tab.

    Returns:
        The path written.

    Raises:
        PersonifyError: ``glb`` is missing or no GLB file.
    """
    data = glb if isinstance(glb, bytes) else read_glb_bytes(glb)
    decode_glb(data, "glb" if isinstance(glb, bytes) else str(glb))
    page = PAGE.read_text(encoding="utf-8")
    contents = {
        "title": html.escape(title),
        "glb": base64.b64encode(data).decode(),
        "script": BUNDLE.read_text(encoding="utf-8"),
    }
    page = re.sub(r"{{(\w+)}}", lambda match: contents[match[1]], page)
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return Path(path)
