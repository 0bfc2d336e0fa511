is "root file system" ext4 "$(findmnt -no FSTYPE /)"
claim "the firmware is UEFI" test -d /sys/firmware/efi
is "EFI partition" vfat "$(findmnt -no FSTYPE /boot/efi)"
claim "the firmware knows our entry" sh -c 'efibootmgr | grep -q LevitateOS'
claim "the fallback loader is there" test -s /boot/efi/EFI/BOOT/BOOTX64.EFI
finish
