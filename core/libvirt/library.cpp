// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/library.h"

#include "core/base/translate.h"
#include "core/libvirt/errors.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

namespace strata::virt {
namespace {

void silence(void*, virErrorPtr) {}

void silenceXml(void*, const char*, ...) {}

void runEvents()
{
    for (;;) {
        // It fails only for want of memory or descriptors; spinning would make that worse.
        if (virEventRunDefaultImpl() < 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
}

std::optional<Error> prepare()
{
    xmlInitParser();
    virSetErrorFunc(nullptr, silence);
    if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0)
        return Error{ErrorKind::Internal, translate("Host", "libvirt could not be initialised."),
                     lastLibvirtMessage(), 0, 0};
    // Without handles and timers the loop sleeps in poll(); adding one wakes it.
    std::thread(runEvents).detach();
    return std::nullopt;
}

} // namespace

void prepareThread()
{
    xmlSetGenericErrorFunc(nullptr, silenceXml); // libxml2 keeps it by thread
}

Result<void> prepareLibrary()
{
    static const auto* failure = new std::optional<Error>(prepare()); // outlives every detached thread
    if (*failure)
        return tl::unexpected<Error>(**failure);
    return {};
}

} // namespace strata::virt
