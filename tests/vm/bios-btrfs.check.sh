is "root file system" btrfs "$(findmnt -no FSTYPE /)"
is "home" btrfs "$(findmnt -no FSTYPE /home)"
claim "the firmware is BIOS" test ! -d /sys/firmware/efi
claim "swap is on" sh -c 'swapon --show --noheadings | grep -q .'
finish
