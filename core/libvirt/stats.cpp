// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/stats.h"

#include "core/libvirt/errors.h"
#include "core/libvirt/library.h"
#include "core/libvirt/reading.h"
#include "core/libvirt/uri.h"

#include <libvirt/libvirt.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace strata::virt {
namespace {

constexpr unsigned kWanted = VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON |
                             VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK;
constexpr auto kAgain = std::chrono::seconds(5); // after a connection that failed

struct CloseConnection {
    void operator()(virConnect* connection) const { virConnectClose(connection); }
};
using Connection = std::unique_ptr<virConnect, CloseConnection>;

void add(std::optional<double>& to, double more)
{
    to = to.value_or(0) + more;
}

bool ends(std::string_view text, std::string_view with)
{
    return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

std::optional<double> valueOf(const virTypedParameter& parameter)
{
    switch (parameter.type) {
    case VIR_TYPED_PARAM_ULLONG:
        return static_cast<double>(parameter.value.ul);
    case VIR_TYPED_PARAM_LLONG:
        return static_cast<double>(parameter.value.l);
    case VIR_TYPED_PARAM_UINT:
        return static_cast<double>(parameter.value.ui);
    case VIR_TYPED_PARAM_INT:
        return static_cast<double>(parameter.value.i);
    default:
        return std::nullopt;
    }
}

// The names are those of virConnectGetAllDomainStats's documentation: "net.<n>.rx.bytes".
void addRecord(const virDomainStatsRecord& record, Stats& out)
{
    for (int i = 0; i < record.nparams; ++i) {
        const std::string_view field = record.params[i].field;
        const std::optional<double> value = valueOf(record.params[i]);
        if (!value)
            continue;
        if (field == "cpu.time")
            add(out.cpuSeconds, *value / 1e9);
        else if (field == "balloon.rss")
            add(out.memoryBytes, *value * 1024);
        else if (field.substr(0, 4) == "net." && ends(field, ".rx.bytes"))
            add(out.networkIn, *value);
        else if (field.substr(0, 4) == "net." && ends(field, ".tx.bytes"))
            add(out.networkOut, *value);
        else if (field.substr(0, 6) == "block." && ends(field, ".rd.bytes"))
            add(out.diskRead, *value);
        else if (field.substr(0, 6) == "block." && ends(field, ".wr.bytes"))
            add(out.diskWrite, *value);
    }
}

class Reader : public std::enable_shared_from_this<Reader> {
public:
    Reader(std::string uri, HostUri parts, std::string uuid, std::chrono::milliseconds every,
           std::function<void(Result<Stats>)> take)
        : m_uri(std::move(uri)), m_parts(std::move(parts)), m_uuid(std::move(uuid)), m_every(every),
          m_take(std::move(take))
    {}

    void start()
    {
        std::thread([self = shared_from_this()] { self->run(); }).detach();
    }

    void stop()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_ending = true;
        }
        m_wake.notify_all();
        const std::lock_guard lock(m_takeMutex);
        m_take = {};
    }

private:
    bool rest(std::chrono::milliseconds time)
    {
        std::unique_lock lock(m_mutex);
        return !m_wake.wait_for(lock, time, [this] { return m_ending; });
    }

    void tell(Result<Stats> stats)
    {
        const std::lock_guard lock(m_takeMutex);
        if (m_take)
            m_take(std::move(stats));
    }

    void run()
    {
        prepareThread();
        do {
            const Connection connection(
                virConnectOpenAuth(connectUri(m_uri, m_parts).c_str(), nullptr, VIR_CONNECT_RO));
            if (!connection) {
                tell(tl::unexpected<Error>(lastLibvirtError(m_parts, false)));
                continue;
            }
            virConnectSetKeepAlive(connection.get(), 5, 4);
            HostFacts facts;
            virNodeInfo info;
            if (virNodeGetInfo(connection.get(), &info) == 0)
                facts.memoryBytes = static_cast<std::int64_t>(info.memory) * 1024;
            for (;;) {
                Result<Stats> stats =
                    m_uuid.empty() ? host(connection.get(), facts) : domain(connection.get());
                const bool ok = stats.has_value();
                tell(std::move(stats));
                if (!ok || virConnectIsAlive(connection.get()) == 0)
                    break;
                if (!rest(m_every))
                    return;
            }
        } while (rest(kAgain));
    }

    Result<Stats> host(virConnectPtr connection, HostFacts& facts) const
    {
        Stats out;
        out.at = systemNow();
        if (const std::optional<CpuClock> clock = readUsage(connection, m_parts, facts))
            out.cpuSeconds = static_cast<double>(clock->busy) / 1e9;
        const std::optional<double> busy = out.cpuSeconds;
        if (facts.memoryFreeBytes >= 0)
            out.memoryBytes = static_cast<double>(facts.memoryBytes - facts.memoryFreeBytes);
        const std::optional<double> used = out.memoryBytes;
        virDomainStatsRecordPtr* records = nullptr;
        const int count = virConnectGetAllDomainStats(connection, kWanted, &records,
                                                      VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING);
        for (int i = 0; i < count; ++i)
            addRecord(*records[i], out);
        if (count >= 0)
            virDomainStatsRecordListFree(records);
        out.cpuSeconds = busy; // the host's own, not its domains'
        out.memoryBytes = used;
        return out;
    }

    Result<Stats> domain(virConnectPtr connection) const
    {
        const DomainPtr found(virDomainLookupByUUIDString(connection, m_uuid.c_str()));
        if (!found)
            return tl::unexpected<Error>(lastLibvirtError(m_parts, true));
        Stats out;
        out.at = systemNow();
        std::array<virDomainPtr, 2> list{found.get(), nullptr};
        virDomainStatsRecordPtr* records = nullptr;
        const int count = virDomainListGetStats(list.data(), kWanted, &records, 0);
        for (int i = 0; i < count; ++i)
            addRecord(*records[i], out);
        if (count >= 0)
            virDomainStatsRecordListFree(records);
        if (!out.cpuSeconds || !out.memoryBytes) { // drivers without statistics know at least this
            virDomainInfo info;
            if (virDomainGetInfo(found.get(), &info) < 0)
                return tl::unexpected<Error>(lastLibvirtError(m_parts, true));
            if (!out.cpuSeconds)
                out.cpuSeconds = static_cast<double>(info.cpuTime) / 1e9;
            if (!out.memoryBytes)
                out.memoryBytes = static_cast<double>(info.memory) * 1024;
        }
        return out;
    }

    const std::string m_uri;
    const HostUri m_parts;
    const std::string m_uuid;
    const std::chrono::milliseconds m_every;
    std::mutex m_mutex; // guards this
    bool m_ending = false;
    std::condition_variable m_wake;
    std::mutex m_takeMutex; // held while calling out
    std::function<void(Result<Stats>)> m_take;
};

class Handle : public StatsReader {
public:
    explicit Handle(std::shared_ptr<Reader> reader) : m_reader(std::move(reader)) {}
    ~Handle() override { m_reader->stop(); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

private:
    std::shared_ptr<Reader> m_reader;
};

} // namespace

Result<std::unique_ptr<StatsReader>> StatsReader::start(const std::string& uri, const std::string& uuid,
                                                        std::chrono::milliseconds every,
                                                        std::function<void(Result<Stats>)> take)
{
    Result<HostUri> parts = parseUri(uri);
    if (!parts)
        return tl::unexpected<Error>(parts.error());
    if (Result<void> ready = prepareLibrary(); !ready)
        return tl::unexpected<Error>(ready.error());
    auto reader = std::make_shared<Reader>(uri, std::move(*parts), uuid, every, std::move(take));
    reader->start();
    return std::unique_ptr<StatsReader>(std::make_unique<Handle>(std::move(reader)));
}

} // namespace strata::virt
