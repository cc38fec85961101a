// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/uri.h"

#include "core/base/text.h"
#include "core/base/translatable.h"
#include "core/base/translate.h"
#include "core/libvirt/host.h"

#include <algorithm>
#include <array>

namespace strata::virt {
namespace {

constexpr std::size_t kMaxUri = 2048;

constexpr std::array<std::string_view, 4> kDrivers = {"qemu", "xen", "lxc", "test"};
constexpr std::array<std::string_view, 6> kTransports = {"unix", "ssh", "libssh", "libssh2", "tls", "tcp"};

// What doRemoteOpen() of libvirt's src/remote/remote_driver.c and docs/uri.rst know, and what we think of it.
// libvirt compares these names without regard to case.
struct Refusal {
    std::string_view name;
    const char* why;
};
constexpr const char* mark(const char* text)
{
    return translatable("HostUri", text);
}

constexpr std::array<Refusal, 14> kRefused = {{
    {"command", mark("it names a program that would be run on this machine")},
    {"netcat", mark("it names a program that would be run on the host")},
    {"socket", mark("it leads the connection to another socket than libvirt's own")},
    {"name", mark("it makes the host open another URI than the one that is shown")},
    {"auth", mark("it chooses a weaker way to log in")},
    {"sshauth", mark("it chooses how to log in; keys and the agent are what Strata uses")},
    {"authfile", mark("it names a file with passwords to be read")},
    {"no_verify", mark("it turns off the check that the host is the right one")},
    {"no_sanity", mark("it turns off the check of the certificates")},
    {"pkipath", mark("it chooses which certificate authority is trusted")},
    {"known_hosts", mark("it chooses which host keys are trusted")},
    {"known_hosts_verify", mark("it weakens the check of the host's key")},
    {"tls_priority", mark("it can weaken the encryption")},
    {"root", mark("it runs a hypervisor inside Strata")},
}};

std::string tr(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("HostUri", text), values);
}

tl::unexpected<Error> refuse(std::string text)
{
    return fail(ErrorKind::Refused, std::move(text));
}

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// Percent-decoding; false when it is broken or hides a character that has no place in a URI.
bool decode(std::string_view text, std::string& out)
{
    out.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size())
                return false;
            const int high = hexDigit(text[i + 1]);
            const int low = hexDigit(text[i + 2]);
            if (high < 0 || low < 0)
                return false;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            return false;
        out += c;
    }
    return true;
}

bool isWord(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
}

bool isNameCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

template<typename List>
bool contains(const List& list, std::string_view word)
{
    return std::find(list.begin(), list.end(), word) != list.end();
}

Result<void> parseAuthority(std::string_view authority, HostUri& out)
{
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        const std::string_view user = authority.substr(0, at);
        if (user.find(':') != std::string_view::npos)
            return refuse(translate("HostUri",
                                    "A password has no place in a URI: it would be shown and kept. "
                                    "Use a key instead."));
        // ssh would take a leading dash for an option.
        if (!decode(user, out.user) || out.user.empty() || out.user.front() == '-' ||
            !std::all_of(out.user.begin(), out.user.end(), isNameCharacter))
            return refuse(tr("“%1” is not a user name.", {cleanText(user)}));
        authority.remove_prefix(at + 1);
        if (authority.empty())
            return refuse(translate("HostUri", "The URI names a user but no host."));
    }
    std::string_view port;
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        const std::string_view address =
            end == std::string_view::npos ? std::string_view() : authority.substr(1, end - 1);
        if (address.empty() ||
            address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
            return refuse(tr("“%1” is not an IPv6 address.", {cleanText(authority)}));
        out.host = address;
        const std::string_view rest = authority.substr(end + 1);
        if (!rest.empty() && rest.front() != ':')
            return refuse(tr("“%1” is not a host name.", {cleanText(authority)}));
        port = rest.empty() ? rest : rest.substr(1);
    } else {
        const std::size_t colon = authority.find(':');
        out.host = authority.substr(0, colon);
        if (colon != std::string_view::npos)
            port = authority.substr(colon + 1);
        if (!std::all_of(out.host.begin(), out.host.end(), isNameCharacter) || out.host.starts_with('-') ||
            (out.host.empty() && !authority.empty()))
            return refuse(tr("“%1” is not a host name.", {cleanText(authority)}));
    }
    if (port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos ||
        (!port.empty() && (std::stoi(std::string(port)) < 1 || std::stoi(std::string(port)) > 65535)))
        return refuse(tr("“%1” is not a port.", {cleanText(port)}));
    out.port = port;
    return {};
}

Result<void> parseParameters(std::string_view query, HostUri& out)
{
    while (!query.empty()) {
        const std::size_t end = query.find_first_of("&;"); // libvirt takes both
        const std::string_view piece = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
        if (piece.empty())
            continue;
        const std::size_t equals = piece.find('=');
        std::string name;
        std::string value;
        if (!decode(piece.substr(0, equals), name) ||
            (equals != std::string_view::npos && !decode(piece.substr(equals + 1), value)))
            return refuse(tr("“%1” is not a parameter.", {cleanText(piece)}));
        const std::string lower = toLower(name);
        const auto refused = std::find_if(kRefused.begin(), kRefused.end(),
                                          [&lower](const Refusal& entry) { return entry.name == lower; });
        if (refused != kRefused.end())
            return refuse(tr("Strata does not allow the parameter “%1” in a host's URI: %2.",
                             {cleanText(name), translate("HostUri", marked(refused->why))}));
        const bool known = (lower == "mode" &&
                            contains(std::array<std::string_view, 3>{"auto", "direct", "legacy"}, value)) ||
                           (lower == "proxy" &&
                            contains(std::array<std::string_view, 3>{"auto", "netcat", "native"}, value)) ||
                           (lower == "no_tty" && (value == "0" || value == "1")) ||
                           (lower == "keyfile" && value.starts_with('/'));
        if (!known) {
            if (lower == "mode" || lower == "proxy" || lower == "no_tty" || lower == "keyfile")
                return refuse(
                    tr("“%1” is not a value of the parameter “%2”.", {cleanText(value), cleanText(name)}));
            return refuse(
                tr("Strata does not know the parameter “%1” of a host's URI; libvirt would pass it on "
                   "unchecked.",
                   {cleanText(name)}));
        }
        out.parameters.emplace_back(lower, value);
    }
    return {};
}

} // namespace

Result<HostUri> parseUri(std::string_view uri)
{
    if (uri.empty())
        return refuse(translate("HostUri", "The URI is empty. A host's URI looks like "
                                           "qemu+ssh://root@host/system."));
    if (uri.size() > kMaxUri)
        return refuse(translate("HostUri", "The URI is too long."));
    std::string plain;
    if (!decode(uri, plain) || !isCleanText(uri, kMaxUri) || uri.find(' ') != std::string_view::npos)
        return refuse(translate("HostUri", "The URI holds characters that have no place in one."));

    const std::size_t colon = uri.find("://");
    if (colon == std::string_view::npos)
        return refuse(
            tr("“%1” is not a libvirt URI. One looks like qemu+ssh://root@host/system.", {cleanText(uri)}));
    HostUri out;
    const std::string_view scheme = uri.substr(0, colon);
    const std::size_t plus = scheme.find('+');
    out.driver = scheme.substr(0, plus);
    if (plus != std::string_view::npos)
        out.transport = scheme.substr(plus + 1);
    if (!isWord(out.driver) || !contains(kDrivers, out.driver))
        return refuse(tr("Strata does not know the driver “%1”; it takes qemu, xen, lxc and test.",
                         {cleanText(out.driver)}));
    if (out.transport == "ext")
        return refuse(translate("HostUri", "The transport “ext” runs a program on this machine."));
    if (plus != std::string_view::npos && !contains(kTransports, out.transport))
        return refuse(
            tr("Strata does not know the transport “%1”; it takes ssh, libssh, libssh2, tls, tcp and "
               "unix.",
               {cleanText(out.transport)}));

    std::string_view rest = uri.substr(colon + 3);
    if (rest.find('#') != std::string_view::npos)
        return refuse(translate("HostUri", "A libvirt URI has no “#” part."));
    const std::size_t question = rest.find('?');
    const std::string_view query =
        question == std::string_view::npos ? std::string_view() : rest.substr(question + 1);
    rest = rest.substr(0, question);
    const std::size_t slash = rest.find('/');
    if (Result<void> done = parseAuthority(rest.substr(0, slash), out); !done)
        return tl::unexpected<Error>(done.error());
    if (slash != std::string_view::npos && !decode(rest.substr(slash), out.path))
        return refuse(translate("HostUri", "The URI holds characters that have no place in one."));
    if (Result<void> done = parseParameters(query, out); !done)
        return tl::unexpected<Error>(done.error());

    const bool remote = !out.transport.empty() && out.transport != "unix";
    if (remote && out.host.empty())
        return refuse(tr("The URI names no host to reach by %1.", {out.transport}));
    if (out.transport == "unix" && !out.host.empty())
        return refuse(translate("HostUri", "A local socket has no host name."));
    if (out.isTest()) {
        if (out.path.size() < 2)
            return refuse(
                translate("HostUri", "A test URI names “default” or a file, as in test:///default."));
    } else if (out.path == "/embed") {
        return refuse(translate("HostUri", "“embed” runs a hypervisor inside Strata."));
    } else if (out.path != "/system" && !(out.path == "/session" && out.driver == "qemu")) {
        return refuse(out.driver == "qemu"
                          ? tr("“%1” is not an instance of libvirt; it is “system” or “session”.",
                               {cleanText(out.path)})
                          : tr("“%1” is not an instance of libvirt; it is “system”.", {cleanText(out.path)}));
    }
    return out;
}

std::string connectUri(const std::string& uri, const HostUri& parts)
{
    if (parts.transport != "ssh")
        return uri;
    for (const auto& [name, value] : parts.parameters)
        if (name == "no_tty" && value == "1")
            return uri;
    // libvirt reads a parameter's last mention.
    return uri + (uri.find('?') == std::string::npos ? "?" : "&") + "no_tty=1";
}

std::string nameOf(const HostUri& parts)
{
    if (!parts.host.empty())
        return parts.host;
    if (!parts.isTest())
        return "localhost";
    std::string name = parts.path.substr(parts.path.rfind('/') + 1);
    if (name == "default")
        return "test";
    if (const std::size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0)
        name.resize(dot);
    return cleanText(name);
}

Result<std::string> checkUri(const std::string& uri)
{
    const Result<HostUri> parts = parseUri(uri);
    if (!parts)
        return tl::unexpected<Error>(parts.error());
    return uri;
}

} // namespace strata::virt
