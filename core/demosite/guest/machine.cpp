// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/guest/machine.h"

#include <cstdint>
#include <cstdio>

namespace strata::demosite {

void furnish(Machine& machine)
{
    auto& files = machine.files;
    files["/etc/hostname"] = machine.hostname + "\n";
    files["/etc/hosts"] = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n" + machine.address + "\t" +
                          machine.hostname + "\n";
    files["/etc/os-release"] =
        "PRETTY_NAME=\"" + machine.os +
        "\"\nID=" + (machine.guest ? "ubuntu\nVERSION_ID=\"22.04\"\n" : "debian\nVERSION_ID=\"12\"\n");
    files["/etc/resolv.conf"] = machine.guest
                                    ? "nameserver 127.0.0.53\noptions edns0 trust-ad\n"
                                    : "search default.svc.cluster.local svc.cluster.local cluster.local\n"
                                      "nameserver 10.96.0.10\noptions ndots:5\n";
    files["/etc/passwd"] = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n";
    files["/proc/version"] = "Linux version " + machine.kernel + " (gcc 12.2.0) #1 SMP\n";
    files["/proc/loadavg"] = "0.08 0.05 0.01 1/212 1433\n";
    files["/root/.profile"] = "# ~/.profile\n";
    for (const char* program : {"cat", "ls", "ps", "sh"})
        files[std::string("/bin/") + program] = "";
    files["/dev/null"] = "";
    files["/tmp/.keep"] = "";
    if (machine.guest) {
        files["/etc/kubernetes/kubelet.conf"] = "apiVersion: v1\nkind: Config\n";
        files["/run/cluster-api/bootstrap-success.complete"] = "success\n";
        files["/var/log/cloud-init-output.log"] =
            "Cloud-init v. 24.4 finished. Datasource DataSourceConfigDrive.\n";
    } else {
        files["/var/run/secrets/kubernetes.io/serviceaccount/namespace"] = "default";
        files["/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"] = "";
    }
    auto& env = machine.environment;
    env["HOSTNAME"] = machine.hostname;
    env["HOME"] = "/root";
    env["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    if (machine.guest) {
        env["USER"] = machine.user;
    } else {
        env["KUBERNETES_SERVICE_HOST"] = "10.96.0.1";
        env["KUBERNETES_SERVICE_PORT"] = "443";
    }
}

std::vector<std::pair<long, std::string>> bootLines(const Machine& machine)
{
    std::vector<std::pair<long, std::string>> out;
    std::uint64_t random = 88172645463325252ULL;
    for (const char c : machine.hostname)
        random = random * 1099511628211ULL + static_cast<unsigned char>(c);
    const auto next = [&random](long limit) { // xorshift: the same on every machine
        random ^= random << 13U;
        random ^= random >> 7U;
        random ^= random << 17U;
        return static_cast<long>(random % static_cast<std::uint64_t>(limit));
    };
    long at = 400;
    const auto kernel = [&](const std::string& text) {
        char stamp[32];
        std::snprintf(stamp, sizeof stamp, "[%5ld.%06ld] ", at / 1000, at % 1000 * 1000 + next(1000));
        out.emplace_back(at, stamp + text);
        at += 15 + next(90);
    };
    const auto unit = [&](const char* verb, const std::string& text) {
        out.emplace_back(at, "[\x1b[0;32m  OK  \x1b[0m] " + std::string(verb) + " " + text + ".");
        at += 60 + next(420);
    };
    const std::string cpus = std::to_string(machine.cpus);
    out.emplace_back(0, "SeaBIOS (version 1.16.3-debian-1.16.3-2)");
    out.emplace_back(150, "Booting from Hard Disk...");
    kernel("Linux version " + machine.kernel + " (buildd@lcy02) #149-Ubuntu SMP");
    kernel("Command line: BOOT_IMAGE=/vmlinuz root=LABEL=cloudimg-rootfs ro console=tty1 console=ttyS0");
    kernel("BIOS-provided physical RAM map:");
    kernel("DMI: KubeVirt None/RHEL, BIOS 1.16.3-2 04/01/2014");
    kernel("Hypervisor detected: KVM");
    kernel("kvm-clock: Using msrs 4b564d01 and 4b564d00");
    kernel("Memory: " + std::to_string(machine.memoryMi * 1024 - 190000) + "K/" +
           std::to_string(machine.memoryMi * 1024) + "K available");
    kernel("smp: Brought up 1 node, " + cpus + " CPUs");
    kernel("PCI: Using configuration type 1 for base access");
    kernel("virtio_blk virtio2: [vda] 83886080 512-byte logical blocks (42.9 GB/40.0 GiB)");
    kernel(" vda: vda1 vda14 vda15");
    kernel("virtio_net virtio0 enp1s0: renamed from eth0");
    kernel("EXT4-fs (vda1): mounted filesystem with ordered data mode");
    kernel("systemd[1]: systemd 249.11-0ubuntu3.16 running in system mode");
    kernel("systemd[1]: Detected virtualization kvm.");
    kernel("systemd[1]: Hostname set to <" + machine.hostname + ">.");
    unit("Created", "slice System Slice");
    unit("Started", "Journal Service");
    unit("Reached target", "Local File Systems");
    unit("Started", "Network Name Resolution");
    unit("Finished", "Initial cloud-init job (pre-networking)");
    unit("Reached target", "Network");
    out.emplace_back(at, "ci-info: | enp1s0 | True | " + machine.address + " | 255.255.255.0 | global |");
    at += 300;
    unit("Finished", "Initial cloud-init job (metadata service crawler)");
    unit("Started", "QEMU Guest Agent");
    unit("Started", "OpenBSD Secure Shell server");
    unit("Started", "containerd container runtime");
    out.emplace_back(at, "cloud-init[988]: [preflight] Running pre-flight checks");
    at += 1200;
    out.emplace_back(at, "cloud-init[988]: [kubelet-start] Starting the kubelet");
    at += 1500;
    unit("Started", "kubelet: The Kubernetes Node Agent");
    out.emplace_back(at, "cloud-init[988]: This node has joined the cluster:");
    at += 200;
    unit("Finished", "Execute cloud user/final scripts");
    unit("Reached target", "Multi-User System");
    return out;
}

bool bootedTo(const Machine& machine, std::string_view part, UnixMs now)
{
    for (const auto& [at, line] : bootLines(machine)) {
        if (line.find(part) != std::string::npos)
            return machine.started + at <= now;
    }
    return false;
}

} // namespace strata::demosite
