"""Random MIDI rendered with FluidSynth and the Fluid R3 GM sound font (MIT).

Each family is one MIDI file of 9-second sections; a section picks a program,
tempo, scale, register and playing style. Notes never cross a section border.
"""

import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import soundfile as sf

from .dsp import SR, chance, logu, uni
from .library import to_8k
from .music import SCALES

TICKS = 480  # per second (tempo fixed at 60 beats per minute)
SECTION = 9.0  # seconds
RATE = 16000

# family: (programs, kind, split, sections, voices, bend probability)
FAMILIES = {
    "rec_gm_keys": (range(0, 24), "music", "train", 22, 3, 0.0),
    "rec_gm_guitar_bass": (range(24, 40), "music", "train", 18, 3, 0.2),
    "rec_gm_solo_strings": ((40, 41, 42, 43, 44, 48, 49, 50), "music", "train", 20, 1, 0.8),
    "rec_gm_brass": (range(56, 64), "music", "train", 14, 2, 0.5),
    "rec_gm_reeds": (range(64, 72), "music", "test", 16, 1, 0.8),
    "rec_gm_pipes": (range(72, 80), "music", "train", 14, 1, 0.7),
    "rec_gm_choir": ((52, 53, 54, 85, 91), "music", "train", 20, 2, 0.6),
    "rec_gm_synth": (range(80, 104), "music", "train", 20, 3, 0.3),
    "rec_gm_world": (range(104, 120), "music", "train", 18, 2, 0.3),
    "rec_gm_effects": (range(120, 128), "varying", "train", 26, 1, 0.3),
    "rec_gm_drums": ((0, 8, 16, 24, 25, 32, 40, 48), "impulsive", "train", 20, 0, 0.0),
}


def _var(v):
    """MIDI variable-length quantity."""
    out = [v & 127]
    while v := v >> 7:
        out.append(v & 127 | 128)
    return bytes(out[::-1])


def smf(events):
    """Standard MIDI file from (time s, bytes) events."""
    track, last = bytearray(_var(0) + b"\xff\x51\x03" + (1_000_000).to_bytes(3, "big")), 0
    for t, data in sorted(events, key=lambda e: (round(e[0] * TICKS), e[1][0] >= 0x90 and e[1][0] < 0xA0)):
        tick = round(t * TICKS)
        track += _var(tick - last) + data
        last = tick
    track += _var(0) + b"\xff\x2f\x00"
    return (
        b"MThd"
        + struct.pack(">IHHH", 6, 0, 1, TICKS)
        + b"MTrk"
        + struct.pack(">I", len(track))
        + bytes(track)
    )


def _bend(t, semis, ch):
    v = int(np.clip(8192 + semis / 2 * 8191, 0, 16383))
    return t, bytes([0xE0 | ch, v & 127, v >> 7])


def _melody(ev, rng, t0, ch, low, high, bend, sfx):
    """One voice inside a section: notes, chords, pitch glides and vibrato."""
    beat, scale = logu(rng, 0.12, 0.9), SCALES[rng.integers(len(SCALES))]
    legato, root = uni(rng, 0.4, 1.1), int(rng.integers(low, high))
    deg, t, end = 0, t0 + uni(rng, 0, 0.3), t0 + SECTION - 0.9
    while t < end:
        d = beat * rng.choice([0.5, 1, 1, 2, 3]) * (3 if sfx else 1)
        deg = int(np.clip(deg + rng.integers(-3, 4), -6, 10))
        notes = [root + 12 * (deg // len(scale)) + scale[deg % len(scale)]]
        if chance(rng, 0.25) and not bend:
            notes += [notes[0] + 4, notes[0] + 7]
        stop = min(t + d * legato, end + 0.3)
        if not chance(rng, 0.12):
            for k in notes:
                k = int(np.clip(k, 20, 108))
                ev.append((t, bytes([0x90 | ch, k, int(rng.integers(50, 127))])))
                ev.append((stop, bytes([0x80 | ch, k, 0])))
            if chance(rng, bend):
                u = np.arange(t, stop, 0.03)
                glide = uni(rng, -2, 2) * np.linspace(1, 0, len(u)) ** 2 if chance(rng, 0.6) else 0 * u
                vib = uni(rng, 0, 0.5) * np.sin(6.283 * uni(rng, 4, 7) * (u - t))
                ev += [_bend(a, s, ch) for a, s in zip(u, glide + vib)] + [_bend(stop, 0, ch)]
        t += d


def _drums(ev, rng, t0):
    step = logu(rng, 0.08, 0.3)
    keys = rng.integers(35, 82, int(rng.integers(2, 8)))
    hits = rng.random((len(keys), 16)) < uni(rng, 0.15, 0.5)
    for i in range(int((SECTION - 0.9) / step)):
        for key in keys[hits[:, i % 16]]:
            ev.append((t0 + i * step, bytes([0x99, int(key), int(rng.integers(50, 127))])))
            ev.append((t0 + i * step + 0.08, bytes([0x89, int(key), 0])))


def compose(name):
    """MIDI bytes of a family."""
    programs, _, _, sections, voices, bend = FAMILIES[name]
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    ev = []
    for s in range(sections):
        t0 = s * SECTION
        if not voices:
            ev.append((t0, bytes([0xC9, int(rng.choice(programs))])))
            _drums(ev, rng, t0)
        for ch in range(voices):
            if ch and chance(rng, 0.5):
                continue
            order = list(programs)
            ev.append((t0, bytes([0xC0 | ch, int(order[s % len(order)] if ch == 0 else rng.choice(order))])))
            low = int(rng.integers(36, 72))
            _melody(ev, rng, t0, ch, low, low + 12, bend, name.endswith("effects"))
    return smf(ev)


def rendered(font_dir, finish):
    """Yield (pcm, family, kind, split) per section, if FluidSynth is present."""
    fonts = list(Path(font_dir).rglob("*.sf2")) if font_dir else []
    if not fonts or not shutil.which("fluidsynth"):
        print("skip rec_gm_*: FluidSynth or its sound font is missing", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as tmp:
        for name, (_, kind, split, sections, _, _) in FAMILIES.items():
            mid, wav = Path(tmp, "a.mid"), Path(tmp, "a.wav")
            mid.write_bytes(compose(name))
            subprocess.run(
                ["fluidsynth", "-niq", "-g", "0.4", "-r", str(RATE), "-F", wav, fonts[0], mid],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            x, rate = sf.read(wav, dtype="float32", always_2d=True)
            x = to_8k(x.mean(1), rate)
            n = int(SECTION * SR)
            for s in range(sections):
                piece = x[s * n : (s + 1) * n]
                pcm = finish(piece) if len(piece) > n // 2 else None
                if pcm is not None:
                    yield pcm, name, kind, split
