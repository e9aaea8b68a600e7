"""Voice actors in Debian's talkie games: many characters, no background music in the files.

beneath-a-steel-sky and flight-of-the-amazon-queen (freeware licences, 11 kHz), fillets-ng
(GPL-2, Czech, Dutch and English fish, with added reverberation), hedgewars-data (sounds:
GFDL-1.3; cartoon voices). Effects share some folders: the teacher drops them. A game's
lines are not sorted by actor, so a `speaker` here is a cast, except where the file name tells.
"""

import random
import struct
from pathlib import Path
from typing import Iterator

import numpy as np
import soundfile as sf

from .audio import decode, read, to_rate
from .clip import Clip
from .rnc import unpack

GAMES = Path("/usr/share/games")
SKY = Path("/usr/share/scummvm/beneath-a-steel-sky")
QUEEN = Path("/usr/share/scummvm/flight-of-the-amazon-queen/queen.1c")
SKY_RATE, SKY_HEADER, SKY_SPEECH = 11025, 22, range(50000, 60000)
QUEEN_KEEP = 3600  # of 6745 files


def sky() -> Iterator[Clip]:
    """8-bit unsigned PCM behind a 22-byte header, RNC-packed; files 50000.. are speech."""
    index, data = (SKY / "sky.dnr").read_bytes(), (SKY / "sky.dsk").read_bytes()
    for at in range(4, 4 + 8 * struct.unpack("<I", index[:4])[0], 8):
        number = struct.unpack("<H", index[at : at + 2])[0]
        if number not in SKY_SPEECH:
            continue
        offset = int.from_bytes(index[at + 2 : at + 5], "little")
        offset = (offset & 0x7FFFFF) << 4 if offset >> 23 else offset
        size = int.from_bytes(index[at + 5 : at + 8], "little") & 0x3FFFFF
        body = data[offset + SKY_HEADER : offset + size]
        body = unpack(body) if body[:4] == b"RNC\x01" else body
        x = (np.frombuffer(body, dtype=np.uint8).astype(np.float32) - 128) / 128
        yield Clip(to_rate(x, SKY_RATE), "sky", "en", "sky_cast", "game")


def queen() -> Iterator[Clip]:
    """MP3 files in a `QTBL` archive: 12-byte name, bundle, big-endian offset and size."""
    data = QUEEN.read_bytes()
    entries = [data[15 + 21 * i : 36 + 21 * i] for i in range(struct.unpack(">H", data[13:15])[0])]
    speech = [e for e in entries if e[:12].rstrip(b"\0").endswith(b".SB")]
    for entry in sorted(random.Random(1).sample(speech, min(QUEEN_KEEP, len(speech)))):
        offset, size = struct.unpack(">II", entry[13:21])
        name = entry[:12].decode().partition(".")[0]
        actor = "joe" if name.startswith("JOE") or name[-2:-1] == "J" else "cast"
        try:
            yield Clip(decode(data[offset : offset + size]), "queen", "en", f"queen_{actor}", "game")
        except sf.LibsndfileError:
            continue


def fillets() -> Iterator[Clip]:
    """Lines `m-`/`...-m-` are the small fish, `v-`/`...-v-` the big one; others are guests."""
    for path in sorted((GAMES / "fillets-ng" / "sound").glob("**/*.ogg")):
        language = path.parent.name
        if language not in ("cs", "nl", "en"):
            continue
        parts = path.stem.split("-")
        role = next((p for p in parts[:-1] if p in ("m", "v")), None) or f"guest_{parts[0]}"
        yield Clip(read(path), "fillets", language, f"fillets_{language}_{role}", "hall")


def hedgewars() -> Iterator[Clip]:
    languages = {"Russian": "ru", "uk": "uk", "pl": "pl", "ru": "ru", "es": "es"}
    for folder in sorted((GAMES / "hedgewars" / "Data" / "Sounds" / "voices").glob("*")):
        if folder.name == "Robot":
            continue
        language = languages.get(folder.name.rpartition("_")[2], "en")
        for path in sorted(folder.glob("*.ogg")):
            yield Clip(read(path), "hedgewars", language, f"hedgewars_{folder.name}", "game")
