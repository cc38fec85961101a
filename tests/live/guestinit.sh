#!/bin/busybox sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The first process of the guest of the live test of lab nodes (debianguest.h): what cloud-init's NoCloud data source,
# write_files and runcmd do with a seed, in the little that busybox has, told on the serial console. Machine-changing
# programs of the node's script are stand-ins that say how they were called; there is no network.
PATH=/bin
export PATH
/bin/busybox mkdir -p /proc /dev /seed /run /tmp /opt/stand-ins /var/log /usr/bin \
    /etc/apt/sources.list.d /etc/kubernetes
/bin/busybox --install -s /bin
ln -s /bin/busybox /usr/bin/env
mount -t devtmpfs none /dev
mount -t proc none /proc
exec </dev/console >/dev/console 2>&1
stty -echo # or what is typed would stand in the middle of what is said
ln -s /proc/self/fd /dev/fd 2>/dev/null
ln -s /proc/self/fd/0 /dev/stdin 2>/dev/null
ln -s /bin/bash-static /bin/bash
for module in /modules/*.ko; do
    [ -e "$module" ] || continue
    insmod "$module" || echo "module $module was refused"
done

# What is said before anyone has opened the line is lost.
read -r _
echo "guest up: $(uname -s) $(uname -r)"

# ECMA-119: the volume's label is at byte 40 of sector 16. cloud-init takes it in either case.
label() {
    dd if="$1" bs=1 skip=32808 count=32 2>/dev/null | tr -d '\0 ' | tr 'A-Z' 'a-z'
}
seed=
tries=0
while [ -z "$seed" ] && [ "$tries" -lt 60 ]; do
    for drive in /dev/vd? /dev/sr? /dev/sd?; do
        [ -b "$drive" ] && [ "$(label "$drive")" = cidata ] && seed=$drive
    done
    [ -n "$seed" ] || sleep 1
    tries=$((tries + 1))
done
if [ -z "$seed" ]; then
    echo 'no seed'
elif ! mount -t iso9660 -o ro "$seed" /seed; then
    echo "seed $seed cannot be mounted"
else
    echo "seed on $seed: $(ls /seed | tr '\n' ' ')"
    sed 's/^/meta-data: /' /seed/meta-data
    hostname "$(sed -n 's/^local-hostname: *//p' /seed/meta-data | tr -d "'\"")"
    echo "hostname is $(hostname)"
    echo "user-data: $(head -n 1 /seed/user-data), $(grep -c . /seed/user-data) lines"

    path=$(sed -n 's/^  - path: *//p' /seed/user-data)
    mkdir -p "${path%/*}"
    awk '/^    content: \|/ { on = 1; next }
        on && !/^      / && !/^$/ { exit }
        on { print substr($0, 7) }' /seed/user-data >"$path"
    chmod "$(sed -n "s/^    permissions: *'\(.*\)'/\1/p" /seed/user-data)" "$path"
    echo "written: $path $(stat -c '%a' "$path")"
    bash -n "$path" && sh -n "$path" && echo 'syntax is good'

    for name in apt-get apt-mark kubeadm modprobe swapoff sysctl systemctl; do
        printf '#!/bin/sh\necho "called: %s $*"\n' "$name" >"/opt/stand-ins/$name"
    done
    printf '#!/bin/sh\necho key\n' >/opt/stand-ins/curl
    printf '#!/bin/sh\ncat >/dev/null\n' >/opt/stand-ins/gpg
    printf '#!/bin/sh\necho "    SystemdCgroup = false"\n' >/opt/stand-ins/containerd
    cat >/opt/stand-ins/install <<'END'
#!/bin/sh
# install -d -m MODE FOLDER, install -m MODE SOURCE TARGET: busybox has none
if [ "$1" = -d ]; then
    mkdir -p "$4" && chmod "$3" "$4"
else
    cat "$3" >"$4" && chmod "$2" "$4"
fi
END
    chmod 0755 /opt/stand-ins/*
    printf '/dev/vda1 / ext4 defaults 0 1\n/dev/vda2 none swap sw 0 0\n' >/etc/fstab
    PATH=/opt/stand-ins:/bin
    command=$(sed -n "s/^  - \[bash, -c, '\(.*\)'\]$/\1/p" /seed/user-data)
    if [ -z "$command" ]; then
        echo 'nothing to run'
    elif bash -c "$command"; then
        echo 'runcmd: done'
    else
        echo 'runcmd: failed'
    fi
    PATH=/bin
    echo "settings: $(grep ip_forward /etc/sysctl.d/90-strata.conf)"
    echo "containerd: $(cat /etc/containerd/config.toml)"
    echo "fstab: $(grep swap /etc/fstab)"
    echo "log: $(grep -c . /var/log/strata-make-node.log) lines"
fi
while :; do
    echo
    printf '%s login: ' "$(hostname)"
    read -r words || sleep 1
    case $words in
    poweroff) poweroff -f ;;
    fail) # once more, with a kubeadm that cannot
        printf '#!/bin/sh\nexit 7\n' >/opt/stand-ins/kubeadm
        rm -f /etc/kubernetes/kubelet.conf
        PATH=/opt/stand-ins:/bin
        if bash -c "$command"; then echo 'runcmd: done again'; else echo 'runcmd: failed'; fi
        PATH=/bin
        ;;
    esac
done
