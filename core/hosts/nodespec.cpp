// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hosts/nodespec.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace strata::hosts {
namespace {

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("hosts", text), values);
}

tl::unexpected<Error> wrong(std::string text)
{
    return fail(ErrorKind::Config, std::move(text));
}

bool among(const std::string& text, const char* more)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [more](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string(more).find(c) != std::string::npos;
    });
}

// RFC 1123, as a Node's name has to be; of one label, since it is the host's name, too.
bool isNodeName(const std::string& name)
{
    return name.size() <= 63 && among(name, "-") && name.front() != '-' && name.back() != '-' &&
           std::none_of(name.begin(), name.end(),
                        [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; });
}

// "v1.34.1"
bool isVersion(const std::string& text)
{
    int major = 0;
    int minor = 0;
    int patch = 0;
    char rest = 0;
    return std::sscanf(text.c_str(), "v%d.%d.%d%c", &major, &minor, &patch, &rest) == 3 && major == 1 &&
           among(text, ".");
}

std::string minorOf(const std::string& version) // "v1.34"
{
    return version.substr(0, version.rfind('.'));
}

bool isToken(const std::string& token)
{
    return token.size() == 23 && token[6] == '.' && among(token.substr(0, 6), "") &&
           among(token.substr(7), "");
}

std::string escaped(const std::string& text)
{
    std::string out;
    for (const char c : text)
        out += c == '&'    ? "&amp;"
               : c == '<'  ? "&lt;"
               : c == '>'  ? "&gt;"
               : c == '\'' ? "&apos;"
                           : std::string(1, c);
    return out;
}

std::string indented(const std::string& text, const std::string& with)
{
    std::string out;
    for (const std::string& line : split(text, '\n'))
        out += line.empty() ? "\n" : with + line + "\n";
    while (out.ends_with("\n\n"))
        out.pop_back();
    return out;
}

// A string of YAML whatever it looks like: "1e3", "null" and "a: b # c" are names and comments, too.
std::string yamlString(const std::string& text)
{
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? "''" : std::string(1, c);
    return out + "'";
}

// A here document, quoted: nothing in it is expanded.
std::string fileInScript(const std::string& path, const std::string& content, const char* mode)
{
    return "install -m " + std::string(mode) + " /dev/stdin " + path + " <<'STRATA_END'\n" + content +
           (content.ends_with('\n') ? "" : "\n") + "STRATA_END\n";
}

std::string kvmModule(CpuVendor vendor)
{
    return vendor == CpuVendor::Intel ? "kvm_intel" : vendor == CpuVendor::Amd ? "kvm_amd" : "";
}

std::string modulesPart(const NodeSpec& spec)
{
    std::string modules = "overlay\nbr_netfilter\ntun\nvhost_net\n";
    std::string out = "say 'kernel modules'\n";
    const std::string kvm = kvmModule(spec.vendor);
    if (!kvm.empty())
        modules += kvm + "\n";
    out += "mkdir -p /etc/modules-load.d /etc/modprobe.d /etc/sysctl.d\n";
    out += fileInScript("/etc/modules-load.d/strata.conf", modules, "0644");
    if (spec.nested && spec.vendor != CpuVendor::Arm) {
        if (!kvm.empty())
            out += "echo 'options " + kvm + " nested=1' >/etc/modprobe.d/strata-kvm.conf\n";
        else
            out += "printf 'options kvm_intel nested=1\\noptions kvm_amd nested=1\\n' "
                   ">/etc/modprobe.d/strata-kvm.conf\n";
        // Only a module without users can be loaded anew.
        out += "renew() {\n"
               "    local nested=/sys/module/$1/parameters/nested\n"
               "    if [ -e \"$nested\" ] && ! grep -qE '^(Y|1)$' \"$nested\"; then\n"
               "        if ! { modprobe -r \"$1\" && modprobe \"$1\"; }; then\n"
               "            say \"$1 is in use: nested KVM comes with the next start of the machine\"\n"
               "        fi\n"
               "    fi\n"
               "}\n";
        out += kvm.empty() ? std::string("renew kvm_intel\nrenew kvm_amd\n") : "renew " + kvm + "\n";
    }
    out += "while read -r module; do\n"
           "    modprobe \"$module\" 2>/dev/null || say \"no module $module: built in, or not there\"\n"
           "done </etc/modules-load.d/strata.conf\n";
    return out;
}

std::string joinPart(const NodeSpec& spec)
{
    const Join& join = *spec.join;
    return "say 'joining the cluster'\n"
           "[ -e /etc/kubernetes/kubelet.conf ] || kubeadm join " +
           join.endpoint + " --node-name " + spec.name + " \\\n    --token " + join.token.reveal() +
           " \\\n    --discovery-token-ca-cert-hash " + join.caHash + "\n";
}

std::string firstPart(const NodeSpec& spec)
{
    const First& first = *spec.first;
    std::string out = "say 'making the cluster'\n"
                      "mkdir -p /etc/kubernetes/pki\n"
                      "if [ ! -e /etc/kubernetes/admin.conf ]; then\n"
                      "umask 077\n";
    out += fileInScript("/etc/kubernetes/pki/ca.crt", first.caPem, "0644");
    out += fileInScript("/etc/kubernetes/pki/ca.key", first.caKeyPem.reveal(), "0600");
    out += "umask 022\n"
           "kubeadm init --node-name " +
           spec.name + " --kubernetes-version " + spec.kubernetes + " \\\n    --pod-network-cidr " +
           first.podCidr + " --service-cidr " + first.serviceCidr +
           (first.endpoint.empty() ? std::string() : " \\\n    --control-plane-endpoint " + first.endpoint) +
           "\nfi\n"
           "export KUBECONFIG=/etc/kubernetes/admin.conf\n"
           // The only machine there is carries workloads, too.
           "kubectl taint nodes " +
           spec.name + " node-role.kubernetes.io/control-plane- 2>/dev/null || true\n";
    if (!first.cniManifest.empty())
        out += "say 'network of the pods'\n" +
               fileInScript("/etc/kubernetes/strata-cni.yaml", first.cniManifest, "0644") +
               "kubectl apply -f /etc/kubernetes/strata-cni.yaml\n";
    return out;
}

} // namespace

CpuVendor vendorNamed(const std::string& name)
{
    const std::string text = toLower(name);
    if (text.find("intel") != std::string::npos)
        return CpuVendor::Intel;
    if (text.find("amd") != std::string::npos || text.find("hygon") != std::string::npos)
        return CpuVendor::Amd;
    return text.find("arm") != std::string::npos ? CpuVendor::Arm : CpuVendor::Any;
}

Result<void> check(const NodeSpec& spec)
{
    if (!isNodeName(spec.name))
        return wrong(say("“%1” is no name for a node: small letters, digits and “-”, at most 63.",
                         {cleanText(spec.name)}));
    if (!isVersion(spec.kubernetes))
        return wrong(
            say("“%1” is no version of Kubernetes: “v1.34.1” is one.", {cleanText(spec.kubernetes)}));
    for (const std::string& key : spec.sshKeys)
        if (!isCleanText(key, 20000) ||
            !(key.starts_with("ssh-") || key.starts_with("ecdsa-") || key.starts_with("sk-")))
            return wrong(say("This is no public key of SSH: “%1”", {cleanText(key, 40)}));
    if (spec.join.has_value() == spec.first.has_value())
        return wrong(say("A node either joins a cluster or is the first of one."));
    if (spec.join) {
        if (!among(spec.join->endpoint, ".:-[]") || spec.join->endpoint.find(':') == std::string::npos)
            return wrong(
                say("“%1” is no address to join: HOST:PORT is one.", {cleanText(spec.join->endpoint)}));
        if (!isToken(spec.join->token.reveal()))
            return wrong(say("The bootstrap token has a wrong form."));
        if (spec.join->caHash.size() != 71 || !spec.join->caHash.starts_with("sha256:") ||
            !among(spec.join->caHash.substr(7), ""))
            return wrong(say("The hash of the cluster's authority has a wrong form."));
    }
    if (spec.first) {
        for (const std::string& cidr : {spec.first->podCidr, spec.first->serviceCidr})
            if (!among(cidr, ".:/") || cidr.find('/') == std::string::npos)
                return wrong(
                    say("“%1” is no range of addresses: “10.244.0.0/16” is one.", {cleanText(cidr)}));
        if (!spec.first->endpoint.empty() && !among(spec.first->endpoint, ".:-[]"))
            return wrong(say("“%1” is no address: HOST:PORT is one.", {cleanText(spec.first->endpoint)}));
        if (spec.first->cniManifest.find("\nSTRATA_END") != std::string::npos)
            return wrong(say("The network's manifest cannot be carried in a script."));
    }
    return {};
}

std::string nodeScript(const NodeSpec& spec)
{
    const std::string minor = minorOf(spec.kubernetes);
    const std::string release = spec.kubernetes.substr(1); // "1.34.1"
    std::string out = "#!/usr/bin/env bash\n"
                      "# Makes this machine node " +
                      spec.name + (spec.first ? " of a new cluster" : "") + ", with Kubernetes " +
                      spec.kubernetes +
                      ". May be run again.\n"
                      "set -euo pipefail\n"
                      "say() { echo \"strata: $*\"; }\n"
                      "trap 'say \"failed at line $LINENO\"' ERR\n"
                      "[ \"$(id -u)\" = 0 ] || { say 'root is needed'; exit 1; }\n\n";
    out += modulesPart(spec);
    out += "\nsay 'kernel settings'\n" +
           fileInScript("/etc/sysctl.d/90-strata.conf",
                        "net.ipv4.ip_forward = 1\n"
                        "net.bridge.bridge-nf-call-iptables = 1\n"
                        "net.bridge.bridge-nf-call-ip6tables = 1\n"
                        // A VM's launcher and its neighbours watch many files.
                        "fs.inotify.max_user_instances = 8192\n"
                        "fs.inotify.max_user_watches = 1048576\n",
                        "0644") +
           "sysctl -q --system\n"
           "swapoff -a\n"
           "sed -i -E 's/^([^#].*[[:space:]]swap[[:space:]])/#\\1/' /etc/fstab\n\n";
    out += "say 'containerd and kubeadm'\n"
           "if command -v apt-get >/dev/null; then\n"
           "    export DEBIAN_FRONTEND=noninteractive\n"
           "    apt-get -qq update\n"
           "    apt-get -qq -y install ca-certificates curl gpg containerd conntrack ethtool socat\n"
           "    install -d -m 0755 /etc/apt/keyrings\n"
           "    curl -fsSL https://pkgs.k8s.io/core:/stable:/" +
           minor +
           "/deb/Release.key |\n"
           "        gpg --batch --yes --dearmor -o /etc/apt/keyrings/kubernetes.gpg\n"
           "    echo 'deb [signed-by=/etc/apt/keyrings/kubernetes.gpg] https://pkgs.k8s.io/core:/stable:/" +
           minor +
           "/deb/ /' \\\n"
           "        >/etc/apt/sources.list.d/kubernetes.list\n"
           "    apt-get -qq update\n"
           "    apt-get -qq -y install 'kubelet=" +
           release + "-*' 'kubeadm=" + release + "-*' 'kubectl=" + release +
           "-*'\n"
           "    apt-mark -q hold kubelet kubeadm kubectl\n"
           "else\n" +
           indented(fileInScript(
                        "/etc/yum.repos.d/kubernetes.repo",
                        "[kubernetes]\nname=Kubernetes\nbaseurl=https://pkgs.k8s.io/core:/stable:/" + minor +
                            "/rpm/\nenabled=1\ngpgcheck=1\ngpgkey=https://pkgs.k8s.io/core:/stable:/" +
                            minor + "/rpm/repodata/repomd.xml.key\n",
                        "0644"),
                    "") +
           "    setenforce 0 2>/dev/null || true\n"
           "    sed -i 's/^SELINUX=enforcing$/SELINUX=permissive/' /etc/selinux/config 2>/dev/null || true\n"
           "    dnf -q -y install containerd conntrack-tools ethtool socat kubelet-" +
           release + " kubeadm-" + release + " kubectl-" + release +
           "\n"
           "fi\n"
           "mkdir -p /etc/containerd\n"
           "containerd config default | sed 's/SystemdCgroup = false/SystemdCgroup = true/' "
           ">/etc/containerd/config.toml\n"
           "systemctl enable -q containerd kubelet\n"
           "systemctl restart containerd\n\n";
    out += spec.join ? joinPart(spec) : firstPart(spec);
    return out + "say 'done'\n";
}

std::string userData(const NodeSpec& spec)
{
    std::string out = "#cloud-config\n"
                      "hostname: " +
                      yamlString(spec.name) +
                      "\n"
                      "preserve_hostname: false\n";
    if (!spec.sshKeys.empty()) {
        out += "ssh_authorized_keys:\n";
        for (const std::string& key : spec.sshKeys)
            out += "  - " + yamlString(key) + "\n";
    }
    out += "growpart:\n"
           "  mode: auto\n"
           "  devices: [/]\n"
           "write_files:\n"
           "  - path: /opt/strata/make-node.sh\n"
           "    permissions: '0700'\n"
           "    content: |\n" +
           indented(nodeScript(spec), "      ") +
           // What it says is seen on the serial line while it runs, where there is one; how it ends is the
           // command's end, which “cloud-init status” tells.
           "runcmd:\n"
           "  - [bash, -c, '/opt/strata/make-node.sh 2>&1 | tee /var/log/strata-make-node.log /dev/console "
           ">/dev/null; exit ${PIPESTATUS[0]}']\n";
    return out;
}

std::string metaData(const NodeSpec& spec, const std::string& instance)
{
    return "instance-id: " + instance + "\nlocal-hostname: " + yamlString(spec.name) + "\n";
}

std::string withoutSecrets(const NodeSpec& spec, std::string text)
{
    const auto hide = [&text](const std::string& secret, const std::string& instead) {
        if (secret.empty())
            return;
        for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
            text.replace(at, secret.size(), instead);
    };
    if (spec.join)
        hide(spec.join->token.reveal(), spec.join->token.reveal().substr(0, 7) + "****************");
    if (spec.first)
        for (const std::string& line : split(spec.first->caKeyPem.reveal(), '\n'))
            if (!line.empty() && line.front() != '-')
                hide(line, "****************");
    return text;
}

std::string newUuid()
{
    std::array<unsigned char, 16> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        return {};
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0fU) | 0x40U); // RFC 9562: version 4
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3fU) | 0x80U);
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::array<char, 3> two{};
        std::snprintf(two.data(), two.size(), "%02x", static_cast<unsigned>(bytes[i]));
        out += (i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "") + std::string(two.data());
    }
    return out;
}

std::string diskName(const NodeSpec& spec)
{
    return spec.name + "-disk";
}

std::string seedName(const NodeSpec& spec)
{
    return spec.name + "-seed.iso";
}

std::string domainXml(const NodeSpec& spec, const LabMachine& machine, const std::string& uuid,
                      const std::string& planId)
{
    const bool arm = machine.arch == "aarch64";
    std::string out = std::string("<domain type='") + (machine.kvm ? "kvm" : "qemu") + "'>\n";
    out += "  <name>" + escaped(spec.name) + "</name>\n  <uuid>" + uuid + "</uuid>\n";
    out += "  <title>Outer node " + escaped(spec.name) + "</title>\n";
    out += "  <metadata>\n    <strata:node xmlns:strata='urn:strata:node' plan='" + escaped(planId) +
           "'/>\n  </metadata>\n";
    out += "  <memory unit='KiB'>" + std::to_string(machine.memoryBytes / 1024) + "</memory>\n";
    out += "  <vcpu>" + std::to_string(machine.vcpus) + "</vcpu>\n";
    out += std::string("  <os") + (arm ? " firmware='efi'" : "") + ">\n    <type arch='" +
           escaped(machine.arch) + "' machine='" + (arm ? "virt" : "q35") + "'>hvm</type>\n  </os>\n";
    out += std::string("  <features>\n    <acpi/>\n") + (arm ? "" : "    <apic/>\n") + "  </features>\n";
    // The machine's own CPU, with what KVM needs, so that the node's guests get KVM, too.
    out += std::string("  <cpu mode='") + (machine.kvm ? "host-passthrough" : "maximum") + "'/>\n";
    out += "  <clock offset='utc'/>\n  <on_poweroff>destroy</on_poweroff>\n  <on_reboot>restart</on_reboot>\n"
           "  <on_crash>restart</on_crash>\n  <devices>\n";
    out += "    <disk type='volume' device='disk'>\n      <driver name='qemu' type='" +
           escaped(machine.imageFormat) + "' discard='unmap'/>\n      <source pool='" +
           escaped(machine.pool) + "' volume='" + escaped(diskName(spec)) +
           "'/>\n      <target dev='vda' bus='virtio'/>\n      <boot order='1'/>\n    </disk>\n";
    // Firmware leaves drives alone that have no place in its order; it cannot boot from this one.
    out += "    <disk type='volume' device='disk'>\n      <driver name='qemu' type='raw'/>\n      <source "
           "pool='" +
           escaped(machine.pool) + "' volume='" + escaped(seedName(spec)) +
           "'/>\n      <target dev='vdb' bus='virtio'/>\n      <readonly/>\n      <boot order='2'/>\n    "
           "</disk>\n";
    if (!machine.bridge.empty())
        out += "    <interface type='bridge'>\n      <source bridge='" + escaped(machine.bridge) +
               "'/>\n      <model type='virtio'/>\n    </interface>\n";
    else if (!machine.network.empty())
        out += "    <interface type='network'>\n      <source network='" + escaped(machine.network) +
               "'/>\n      <model type='virtio'/>\n    </interface>\n";
    out += "    <serial type='pty'/>\n    <console type='pty'/>\n"
           "    <rng model='virtio'>\n      <backend model='random'>/dev/urandom</backend>\n    </rng>\n"
           "  </devices>\n</domain>\n";
    return out;
}

Result<void> check(const LabMachine& machine)
{
    if (machine.vcpus < 1 || machine.vcpus > 1024)
        return wrong(say("A machine has 1 to 1024 CPUs."));
    if (machine.memoryBytes < (16LL << 20))
        return wrong(say("That is too little memory for a machine."));
    if (machine.diskBytes < 512)
        return wrong(say("That is too small for a disk."));
    for (const std::string& name : {machine.pool, machine.network, machine.bridge})
        if (!isCleanText(name, 200))
            return wrong(say("“%1” is no name of libvirt's.", {cleanText(name)}));
    return machine.pool.empty() ? Result<void>(wrong(say("A storage pool is needed."))) : Result<void>();
}

} // namespace strata::hosts
