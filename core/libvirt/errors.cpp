// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/errors.h"

#include "core/base/text.h"
#include "core/base/translatable.h"
#include "core/base/translate.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <array>

namespace strata::virt {
namespace {

constexpr const char* mark(const char* text)
{
    return translatable("HostError", text);
}

// ssh's and libvirt's own words inside a generic error: ssh is a child process whose complaint arrives as
// text.
struct Words {
    std::string_view part;
    ErrorKind kind;
    const char* sentence;
};
constexpr std::array<Words, 16> kWords = {{
    {"Host key verification failed", ErrorKind::Tls,
     mark("The key of host %1 is not known or has changed. Log in once with ssh and check it.")},
    {"REMOTE HOST IDENTIFICATION HAS CHANGED", ErrorKind::Tls,
     mark("The key of host %1 has changed. Log in once with ssh and check it.")},
    {"Permission denied", ErrorKind::Auth, mark("Host %1 does not let us in.")},
    {"Too many authentication failures", ErrorKind::Auth, mark("Host %1 does not let us in.")},
    {"authentication unavailable", ErrorKind::Auth, mark("libvirt on host %1 does not let us in.")},
    {"Could not resolve hostname", ErrorKind::Network, mark("The name of host %1 is not known.")},
    {"Name or service not known", ErrorKind::Network, mark("The name of host %1 is not known.")},
    {"unable to resolve", ErrorKind::Network, mark("The name of host %1 is not known.")},
    {"Connection refused", ErrorKind::Network,
     mark("Nothing answers at host %1: the connection is refused.")},
    {"No route to host", ErrorKind::Network, mark("There is no way to host %1.")},
    {"Network is unreachable", ErrorKind::Network, mark("There is no way to host %1.")},
    {"timed out", ErrorKind::Timeout, mark("Host %1 does not answer.")},
    {"command not found", ErrorKind::Config, mark("libvirt is not installed on host %1.")},
    {"libvirt-sock", ErrorKind::Network, mark("libvirt does not run on host %1.")},
    {"Failed to find user record", ErrorKind::Config, mark("The user of host %1 does not exist.")},
    {"Cannot find program 'ssh'", ErrorKind::Config,
     mark("ssh is not installed on this machine, so host %1 is out of "
          "reach.")},
}};

Error make(ErrorKind kind, const char* sentence, const HostUri& parts, std::string message)
{
    return Error{kind, arguments(translate("HostError", sentence), {nameOf(parts)}), std::move(message), 0,
                 0};
}

} // namespace

std::string lastLibvirtMessage()
{
    const char* message = virGetLastErrorMessage();
    return message == nullptr ? std::string() : cleanText(message);
}

Error libvirtError(int code, int domain, std::string message, const HostUri& parts, bool connected)
{
    switch (code) {
    case VIR_ERR_NO_DOMAIN:
        return make(ErrorKind::NotFound, "The domain is no longer on host %1.", parts, std::move(message));
    case VIR_ERR_AUTH_FAILED:
    case VIR_ERR_AUTH_CANCELLED:
    case VIR_ERR_AUTH_UNAVAILABLE:
        return make(ErrorKind::Auth, "libvirt on host %1 does not let us in.", parts, std::move(message));
    case VIR_ERR_ACCESS_DENIED:
    case VIR_ERR_OPERATION_DENIED:
        return make(ErrorKind::Forbidden, "libvirt on host %1 does not allow this.", parts,
                    std::move(message));
    case VIR_ERR_GNUTLS_ERROR:
        return make(ErrorKind::Tls, "The secure connection to host %1 failed.", parts, std::move(message));
    case VIR_ERR_OPERATION_TIMEOUT:
        return make(ErrorKind::Timeout, "Host %1 does not answer.", parts, std::move(message));
    case VIR_ERR_NO_SUPPORT:
        if (connected)
            return make(ErrorKind::Refused, "The hypervisor of host %1 cannot tell that.", parts,
                        std::move(message));
        break;
    default:
        break;
    }
    if (parts.isTest() && parts.host.empty() && !connected)
        return Error{ErrorKind::Config,
                     arguments(translate("HostError", "“%1” is not a host description for libvirt's test "
                                                      "driver."),
                               {cleanText(parts.path)}),
                     std::move(message), 0, 0};
    for (const Words& words : kWords)
        if (message.find(words.part) != std::string::npos)
            return make(words.kind, marked(words.sentence), parts, std::move(message));
    if (domain == VIR_FROM_RPC || code == VIR_ERR_SYSTEM_ERROR || code == VIR_ERR_RPC ||
        code == VIR_ERR_NO_CONNECT || code == VIR_ERR_INVALID_CONN || code == VIR_ERR_SSH ||
        code == VIR_ERR_LIBSSH)
        return connected
                   ? make(ErrorKind::Network, "The connection to host %1 is lost.", parts, std::move(message))
                   : make(ErrorKind::Network, "Host %1 cannot be reached.", parts, std::move(message));
    return connected
               ? make(ErrorKind::Server, "libvirt on host %1 reports a fault.", parts, std::move(message))
               : make(ErrorKind::Network, "Host %1 cannot be reached.", parts, std::move(message));
}

Error lastLibvirtError(const HostUri& parts, bool connected)
{
    const virError* error = virGetLastError();
    if (error == nullptr)
        return libvirtError(VIR_ERR_INTERNAL_ERROR, VIR_FROM_NONE, {}, parts, connected);
    return libvirtError(error->code, error->domain,
                        error->message == nullptr ? std::string() : cleanText(error->message), parts,
                        connected);
}

} // namespace strata::virt
