"""Fetch Debian packages and unpack only their sound files and licences.

Uses `apt-get download` (no root, nothing installed). Packages missing from the
configured suite are reported and skipped. Licences stay in DIR/copyright.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

LIST = Path(__file__).resolve().parent.parent / "packages-noise.txt"
KEEP = (
    "*.ogg",
    "*.oga",
    "*.wav",
    "*.flac",
    "*.mp3",
    "*.opus",
    "*.WAV",
    "*.aiff",
    "*.au",
    "*.sf2",
    "*.pk3",
    "*.wz",
    "*/copyright",
)


def names():
    """Data packages of packages-noise.txt (tools such as fluidsynth excluded)."""
    rows = (line.split("#")[0].strip() for line in LIST.read_text().splitlines())
    return [r for r in rows if r and r != "fluidsynth"]


def unpack(deb, dest):
    """Extract sounds, sound fonts, game archives and the copyright file."""
    dest.mkdir(parents=True, exist_ok=True)
    tar = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE)
    subprocess.run(
        ["tar", "-x", "-C", dest, "--wildcards", *KEEP], stdin=tar.stdout, stderr=subprocess.DEVNULL
    )
    tar.wait()
    for archive in [*dest.rglob("*.pk3"), *dest.rglob("*.wz")]:  # zip files
        with zipfile.ZipFile(archive) as z:
            z.extractall(dest / "pk3", [m for m in z.namelist() if m.lower().endswith((".ogg", ".wav"))])
        archive.unlink()
    for c in dest.rglob("copyright"):
        if c.is_file() and c.parent != dest:
            (dest / "copyright").write_bytes(c.read_bytes())
            break
    (dest / ".done").touch()


def ensure(cache):
    """Directory of each available package under cache, downloading as needed."""
    cache = Path(cache).resolve()
    cache.mkdir(parents=True, exist_ok=True)
    out = {}
    for name in names():
        dest = cache / name
        if not (dest / ".done").exists():
            if not list(cache.glob(f"{name}_*.deb")):
                subprocess.run(
                    ["apt-get", "download", "-q", name],
                    cwd=cache,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            found = list(cache.glob(f"{name}_*.deb"))
            if not found:
                print(f"skip {name}: not available", file=sys.stderr)
                continue
            unpack(found[0], dest)
            found[0].unlink()
        out[name] = dest
    return out


if __name__ == "__main__":
    print(*ensure(sys.argv[1]), sep="\n")
