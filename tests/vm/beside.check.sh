is "root file system" ext4 "$(findmnt -no FSTYPE /)"
claim "the menu has the other system" grep -q bootmgfw /boot/grub/grub.cfg
claim "the one EFI partition is used" test "$(lsblk -nlo PARTTYPE /dev/vda | grep -ci c12a7328-f81f-11d2-ba4b-00a0c93ec93b)" = 1
claim "the other system's loader is where it was" test -s /boot/efi/EFI/Microsoft/Boot/bootmgfw.efi
claim "the firmware knows our entry" sh -c 'efibootmgr | grep -q LevitateOS'
finish
