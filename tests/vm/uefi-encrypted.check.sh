is "root file system" ext4 "$(findmnt -no FSTYPE /)"
claim "the firmware is UEFI" test -d /sys/firmware/efi
root=$(findmnt -no SOURCE /)
is "root lies on" crypt "$(lsblk -ndo TYPE "$root")"
claim "the disk has two partitions" test "$(lsblk -nlo TYPE /dev/vda | grep -c part)" = 2
is "second partition" crypto_LUKS "$(blkid -p -s TYPE -o value /dev/vda2)"
claim "GRUB can read the slot of the passphrase" sh -c 'cryptsetup luksDump /dev/vda2 | grep -q pbkdf2'
claim "the initramfs is for root alone" test -z "$(find /boot -name 'initrd*' -perm /077)"
claim "the key file is for root alone" test -z "$(find /etc/cryptsetup-keys.d -type f -perm /077)"
claim "the firmware knows our entry" sh -c 'efibootmgr | grep -q LevitateOS'
finish
