// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/connection.h"

#include "core/libvirt/errors.h"
#include "core/libvirt/library.h"

#include <map>
#include <mutex>
#include <thread>

namespace strata::virt {
namespace {

constexpr int kKeepAliveSeconds = 5;
constexpr unsigned kKeepAliveCount = 4;

struct Shared {
    std::mutex mutex;
    std::map<std::string, virConnectPtr> open; // by URI
};

Shared& shared()
{
    static auto* all = new Shared(); // outlives every detached thread
    return *all;
}

} // namespace

void CloseConnection::operator()(virConnect* connection) const
{
    // Only the test driver's are shared, and those do not hang.
    Shared& all = shared();
    std::unique_lock lock(all.mutex);
    for (auto it = all.open.begin(); it != all.open.end(); ++it) {
        if (it->second != connection)
            continue;
        if (virConnectClose(connection) <= 0)
            all.open.erase(it);
        return;
    }
    lock.unlock();
    virConnectClose(connection);
}

ConnectionPtr openConnection(const std::string& uri, const HostUri& parts, bool writable)
{
    // No authentication callback: what needs a password fails with a clear error. Aliases of libvirt.conf are
    // never looked up for what holds a colon.
    const std::string address = connectUri(uri, parts);
    if (!parts.isTest() || !parts.host.empty())
        return ConnectionPtr(virConnectOpenAuth(address.c_str(), nullptr, writable ? 0 : VIR_CONNECT_RO));
    Shared& all = shared();
    const std::lock_guard lock(all.mutex);
    if (const auto found = all.open.find(address); found != all.open.end()) {
        virConnectRef(found->second);
        return ConnectionPtr(found->second);
    }
    virConnectPtr opened = virConnectOpenAuth(address.c_str(), nullptr, 0);
    if (opened != nullptr)
        all.open.emplace(address, opened);
    return ConnectionPtr(opened);
}

void withConnection(const std::string& uri, std::function<void(virConnectPtr, const HostUri&)> work,
                    const std::function<void(Error)>& failed)
{
    Result<HostUri> parts = parseUri(uri);
    if (!parts) {
        failed(parts.error());
        return;
    }
    if (Result<void> ready = prepareLibrary(); !ready) {
        failed(ready.error());
        return;
    }
    std::thread([uri, parts = std::move(*parts), work = std::move(work), failed] {
        prepareThread();
        const ConnectionPtr connection = openConnection(uri, parts, true);
        if (!connection) {
            failed(lastLibvirtError(parts, false));
            return;
        }
        virConnectSetKeepAlive(connection.get(), kKeepAliveSeconds,
                               kKeepAliveCount); // not all drivers have it
        work(connection.get(), parts);
    }).detach();
}

} // namespace strata::virt
