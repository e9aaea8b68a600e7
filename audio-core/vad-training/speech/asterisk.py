"""Telephone prompts: Debian asterisk-core-sounds-{en,es,fr,it,ru}-wav, asterisk-prompt-*.

One professional speaker a voice. CC BY-SA 3.0 (ru: CC BY 3.0; it-menardi: CC BY-SA 3.0;
fr-armelle: GPL; es-co: GPL-2). 8 kHz 16-bit wav, or GSM full rate.
"""

from pathlib import Path
from typing import Iterator

from .audio import read
from .clip import Clip

ROOT = Path("/usr/share/asterisk/sounds")
VOICES = {
    "en_US_f_Allison": "en",
    "es_MX_f_Allison": "es",
    "fr_CA_f_June": "fr",
    "it_IT_m_Carlo": "it",
    "it_IT_f_Menardi": "it",
    "ru_RU_f_IvrvoiceRU": "ru",
    "fr": "fr",
    "es": "es",
}
NOT_SPEECH = ("beep", "tt-monkeys", "tt-weasels", "ascending", "descending", "confbridge-join", "confbridge-leave")


def clips() -> Iterator[Clip]:
    for voice, language in VOICES.items():
        speaker = {"fr": "armelle", "es": "es_co"}.get(voice, voice)
        for path in sorted((ROOT / voice).rglob("*")):
            if path.suffix not in (".wav", ".gsm") or path.parent.name == "silence" or path.name.startswith(NOT_SPEECH):
                continue
            yield Clip(read(path), "asterisk", language, f"asterisk_{speaker}")
