"""Non-speech corpus for the telephone VAD: procedural families and recordings.

`python -m noise.build OUT` writes OUT/pcm.npy and OUT/index.csv (see build.py).
Everything procedural is original code (licence of this repository); recordings
come from Debian main packages listed in packages-noise.txt.
"""
