# What every installed system must fulfil. Runs as root inside it, through sudo, before the scenario's own part.
# Each claim is printed; the script's status at the end says whether all held.
set -u
failures=0

claim() { # claim WHAT COMMAND...: the command must succeed
    local what=$1
    shift
    if "$@" > /tmp/claim 2>&1; then
        echo "ok: $what"
    else
        echo "FAILED: $what"
        sed 's/^/    /' /tmp/claim
        failures=$((failures + 1))
    fi
}
is() { # is WHAT WANTED GOT
    claim "$1 is $2" test "$2" = "$3"
    [ "$2" = "$3" ] || echo "    it is: $3"
}
absent() {
    claim "there is no $1" test ! -e "$1"
}
none_found() { # none_found TEXT WHERE...: the text is in none of these
    ! grep -rqF -- "$@"
}
all_mounted() {
    local device dir type rest
    while read -r device dir type rest; do
        case "$device" in '' | '#'*) continue ;; esac
        case "$type" in
        swap) swapon --show=NAME --noheadings | grep -q . ;;
        *) findmnt "$dir" ;;
        esac || { echo "not up: $device $dir"; return 1; }
    done < /etc/fstab
}
json_lines() {
    test -s "$1" && ! grep -qv '^{.*}$' "$1"
}

is "PID 1" systemd "$(cat /proc/1/comm)"
is "the system's state" running "$(timeout 300 systemctl is-system-running --wait)"
claim "no unit has failed" test -z "$(systemctl --failed --no-legend --plain)"
systemctl --failed --no-legend --plain
claim "fstab has no error" findmnt --verify
claim "everything in fstab is up" all_mounted
claim "booted without the medium" none_found boot=live /proc/cmdline

# Nothing of the live session
absent /etc/levitate
absent /usr/bin/levitate-installer
absent /usr/lib/levitate
absent /etc/systemd/system/serial-getty@ttyS0.service.d
absent /etc/systemd/system/getty@tty1.service.d
absent /run/live/medium
claim "nobody logs in by itself" none_found autologin /etc/systemd/system
claim "root has no password" grep -q '^root:[!*]' /etc/shadow

# Its own identity. The image has an empty machine-id and no keys, so what is here is new.
claim "machine-id is set" grep -qE '^[0-9a-f]{32}$' /etc/machine-id
for kind in rsa ecdsa ed25519; do
    claim "the $kind host key is there, for root alone" test "$(stat -c %a%U /etc/ssh/ssh_host_${kind}_key)" = 600root
done

# What was asked for
is hostname my-laptop "$(hostname)"
claim "the hostname resolves" getent hosts my-laptop
is "time zone" /usr/share/zoneinfo/America/Los_Angeles "$(readlink -f /etc/localtime)"
is language LANG=en_US.UTF-8 "$(grep ^LANG= /etc/locale.conf)"
claim "the language is generated" sh -c 'locale -a | grep -qi "^en_US.utf-\?8$"'
is keyboard 'XKBLAYOUT="us"' "$(grep ^XKBLAYOUT= /etc/default/keyboard)"
claim "vince may use sudo" sh -c 'id -nG vince | tr " " "\n" | grep -qx sudo'
is "who used sudo to get here" vince "${SUDO_USER:-nobody}"

# What the installer leaves
claim "the journal is there" json_lines /var/log/levitate-installer/journal.jsonl
claim "nobody but root reads the journal" sh -c '! runuser -u nobody -- cat /var/log/levitate-installer/journal.jsonl'
# The secrets that the scripts beside this file type.
for secret in 'horse-staple-7' 'open sesame 42'; do
    claim "a secret is in no log" none_found "$secret" /var/log/levitate-installer
done

finish() {
    rm -f /tmp/claim
    df -h / | tail -1
    echo "claims that failed: $failures"
    exit $((failures > 0))
}
