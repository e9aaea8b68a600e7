#!/usr/bin/env bash
# Builds the data set and trains the VAD's model, from nothing to `weights.bin`, on Debian or Ubuntu:
#
#     audio-core/vad-training/train.sh [WORK]
#
# WORK (target/vad-training by default) keeps everything that was made; what is there already is not
# made again, so a run that was cut off goes on. Debian packages are installed with apt-get (as root
# or by sudo). CALLS=1500 EPOCHS=3 makes a quick, worse model; INSTALL=no writes no weights into src.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(realpath -m "${1:-$root/target/vad-training}")
calls=${CALLS:-24000} epochs=${EPOCHS:-14}
mkdir -p "$work"
cd "$here"

say() { printf '==> %s (%d s)\n' "$1" "$SECONDS"; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
list() { sed 's/#.*//' "$1" | xargs; }

say "packages"
if [ ! -e "$work/packages.done" ]; then
    as_root apt-get update -qq
    # Speech and the renderer are installed; sounds are only downloaded and unpacked (noise/debs.py).
    # shellcheck disable=SC2046
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        $(list packages-speech.txt) fluidsynth python3-venv >"$work/packages.log"
    touch "$work/packages.done"
fi
if [ ! -e "$work/venv/done" ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --requirement requirements.txt
    "$work/venv/bin/pip" install --quiet --no-deps silero-vad==5.1.2
    touch "$work/venv/done"
fi
python=$work/venv/bin/python

say "speech"
[ -e "$work/speech/index.csv" ] || "$python" -m speech.build "$work/speech"
say "noise"
[ -e "$work/noise/index.csv" ] || "$python" -m noise.build "$work/noise" --cache "$work/noise-cache"

say "calls"
[ -e "$work/calls/label.npy" ] || "$python" -m calls.build "$work/speech" "$work/noise" "$work/calls" --calls "$calls"
[ -e "$work/test/label.npy" ] || "$python" -m calls.build "$work/speech" "$work/noise" "$work/test" --calls 680 --test

say "features"
(cd "$root" && cargo build --quiet --release --package kav-audio-core --example vad_features)
for set in calls test; do
    [ -e "$work/$set/features.raw" ] && continue
    "${CARGO_TARGET_DIR:-$root/target}/release/examples/vad_features" 128000 "$work/$set/pcm.raw" "$work/$set/features.new"
    mv "$work/$set/features.new" "$work/$set/features.raw"
done

say "training"
[ -e "$work/model.npz" ] || {
    "$python" -m model.train "$work/calls" "$work/training.npz" --epochs "$epochs"
    mv "$work/training.npz" "$work/model.npz"
}
say "test: held-out languages, speakers and noise families"
"$python" -m model.test "$work/model.npz" "$work/test" | tee "$work/test.txt"
weights=$work/weights.bin
[ "${INSTALL:-yes}" = yes ] && weights=$root/audio-core/src/vad/kav/weights.bin
"$python" -m model.export "$work/model.npz" "$weights"
say "done: $weights"
