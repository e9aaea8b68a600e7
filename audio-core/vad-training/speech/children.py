"""Volunteers naming letters and things, from Debian's children's programs.

klettres-data (letters and syllables; GPL-2+), ktuberling-data (objects; GPL-2+),
tuxpaint-stamps-default (spoken descriptions, `*_desc*`; GPL-2). About one speaker
a package and language; letters are short (0.3-1 s).
"""

from pathlib import Path
from typing import Iterator

import soundfile as sf

from .audio import read
from .clip import Clip

SHARE = Path("/usr/share")


def _folder(root: Path, source: str, skip: set[str] = frozenset()) -> Iterator[Clip]:
    for path in sorted(root.rglob("*")):
        if path.suffix not in (".ogg", ".wav", ".opus") or path.relative_to(root).parts[0] in skip:
            continue
        language = path.relative_to(root).parts[0]
        try:
            yield Clip(read(path), source, language, f"{source}_{language}")
        except sf.LibsndfileError:
            continue  # a broken file in the package


def klettres() -> Iterator[Clip]:
    yield from _folder(SHARE / "klettres", "klettres", {"icons", "pics"})


def ktuberling() -> Iterator[Clip]:
    yield from _folder(SHARE / "ktuberling" / "sounds", "ktuberling")


def tuxpaint() -> Iterator[Clip]:
    """Stamp descriptions; a name said twice in one language (by copied files) is kept once."""
    seen = set()
    for path in sorted((SHARE / "tuxpaint" / "stamps").rglob("*_desc*.ogg")):
        data = path.read_bytes()
        if data in seen:
            continue
        seen.add(data)
        language = path.name.partition("_desc")[2].lstrip("_").split(".")[0] or "en"
        try:
            yield Clip(read(path), "tuxpaint", language, f"tuxpaint_{language}")
        except sf.LibsndfileError:
            continue
