"""Which clips are kept for testing: whole languages, whole speakers, whole voices."""

LANGUAGES = {"it", "el", "lt", "tr", "vi", "ka", "sw", "hu"}
SPEAKERS = {"flite_awb", "festival_czech_ph", "tuxpaint_be", "codec2_ve9qrp", "codec2_david4", "alsa", "hedgewars_Surfer"}
VARIANTS = {"m7", "f5", "linda", "quincy"}  # espeak-ng voice variants


def choose(language: str, speaker: str) -> str:
    """`test` or `train`. An espeak-ng speaker is `espeak_<language>+<variant>`."""
    held = language.split("-")[0] in LANGUAGES or speaker in SPEAKERS or speaker.partition("+")[2] in VARIANTS
    return "test" if held else "train"
