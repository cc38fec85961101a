// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/library.h"

#include "core/base/translate.h"
#include "core/libvirt/errors.h"
#include "core/libvirt/eventloop.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <signal.h>

#include <mutex>
#include <optional>
#include <thread>

namespace strata::virt {
namespace {

void silence(void*, virErrorPtr) {}

void silenceXml(void*, const char*, ...) {}

std::optional<Error> prepare()
{
    xmlInitParser();
    virSetErrorFunc(nullptr, silence);
    if (virInitialize() < 0)
        return Error{ErrorKind::Internal, translate("Host", "libvirt could not be initialised."),
                     lastLibvirtMessage(), 0, 0};
    EventLoop::instance().registerWithLibvirt();
    std::thread([] {
        prepareThread();
        EventLoop::instance().run();
    }).detach();
    return std::nullopt;
}

} // namespace

void prepareThread()
{
    xmlSetGenericErrorFunc(nullptr, silenceXml); // libxml2 keeps it by thread
    // libvirt writes to sockets that may just have been closed at the other end: SIGPIPE would end the
    // program. Blocked, the write fails instead. The other signals are the main thread's business.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

Result<void> prepareLibrary()
{
    static const auto* failure = new std::optional<Error>(prepare()); // outlives every detached thread
    if (*failure)
        return tl::unexpected<Error>(**failure);
    return {};
}

} // namespace strata::virt
