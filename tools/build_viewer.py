"""Bundle tools/viewer/app.js with three.js into src/personify/export/viewer/viewer.js (needs npm).

The bundle is committed, so that installing and using the toolkit needs neither node nor a network.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from personify.export.viewer import BUNDLE
from personify.files import atomic_path

SOURCE = Path(__file__).parent / "viewer"


def build() -> str:
    """The minified script, its licence and the digest of its source in front."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"], cwd=folder, check=True)
        esbuild = ["npx", "esbuild", "app.js", "--bundle", "--minify", "--format=iife", "--target=es2020"]
        options = ["--charset=utf8", "--legal-comments=none", "--outfile=viewer.js"]
        subprocess.run([*esbuild, *options], cwd=folder, check=True)
        script = (Path(folder) / "viewer.js").read_text()
        licence = (Path(folder) / "node_modules/three/LICENSE").read_text().strip()
    digest = hashlib.sha256((SOURCE / "app.js").read_bytes()).hexdigest()
    return f"/*\nBuilt by tools/build_viewer.py from app.js {digest}\nContains three.js:\n\n{licence}\n*/\n{script}"


if __name__ == "__main__":
    with atomic_path(BUNDLE) as temporary:
        temporary.write_text(build())
    print(f"{BUNDLE.name}: {BUNDLE.stat().st_size / 1000:.0f} kB")
