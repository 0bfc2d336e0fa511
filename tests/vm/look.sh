# A look around in the installed system, for `./run --script … --check tests/vm/look.sh`.
findmnt --noheadings --output SOURCE,FSTYPE /
hostname
readlink /etc/localtime
id vince
ls -l /var/log/levitate-installer
systemctl is-system-running
