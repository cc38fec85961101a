// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>

namespace strata::test {

struct DebianGuest {
    QString image;   // a raw disk that a BIOS boots; about 20 MiB
    QString kernel;  // "6.1.0-56-cloud-amd64"
    QString missing; // why there is none on this machine, a sentence
    QString broken;  // what went wrong with packages that were there
};

// A disk with a real Linux, made of Debian's own packages as they are at the machine's mirror: kernel, GRUB,
// busybox and bash, fetched by apt-get into `folder` without being installed and without root. Behind GRUB's
// boot sectors lie the kernel and a file system in memory whose first process is guestinit.sh; GRUB finds
// both by their sectors. The kernel talks on the first serial line. Blocking, some seconds. `inChild` is
// called in each process before its program (as QProcess's modifier is).
DebianGuest makeDebianGuest(const QString& folder, const std::function<void()>& inChild = {});

} // namespace strata::test
