// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/measurement.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/api/resource.h"
#include "core/kube/config/kubeconfig.h"
#include "core/libvirt/stats.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace strata::console {
namespace {

constexpr int kMostEmpty = 4;  // answers to all of the past that know nothing, until that is believed
constexpr int kMostPlaces = 4; // that are asked whether a Prometheus is there
constexpr long kMostPoints = 960;
constexpr std::chrono::seconds kMostSought{30}; // then the kubelet's are shown, whoever may come yet

// On the network's thread but for stop().
class Measuring : public std::enable_shared_from_this<Measuring> {
public:
    Measuring(std::shared_ptr<kube::Client> client, MeasureTarget target, MeasureOptions options,
              std::function<void(MeasureReport)> take)
        : m_client(std::move(client)), m_target(std::move(target)), m_options(std::move(options)),
          m_take(std::move(take))
    {}

    void begin()
    {
        m_client->network().post([weak = weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->turn();
                self->seekPrometheus();
            }
        });
        m_client->network().postAfter(kMostSought, [weak = weak_from_this()] {
            const auto self = weak.lock();
            if (self && !self->gone())
                self->sought();
        });
    }

    void stop()
    {
        std::vector<std::unique_ptr<kube::RequestHandle>> handles;
        {
            const std::lock_guard lock(m_mutex);
            m_gone = true;
            handles.swap(m_handles);
        }
        handles.clear();
        const std::lock_guard lock(m_takeMutex);
        m_take = {};
    }

private:
    bool gone()
    {
        const std::lock_guard lock(m_mutex);
        return m_gone;
    }

    void ask(const std::shared_ptr<kube::Client>& client, kube::Request request,
             std::function<void(Result<kube::Response>)> done)
    {
        request.timeout = std::chrono::seconds(20);
        auto handle =
            client->send(std::move(request),
                         [weak = weak_from_this(), done = std::move(done)](Result<kube::Response> result) {
                             const auto self = weak.lock();
                             if (self && !self->gone())
                                 done(std::move(result));
                         });
        const std::lock_guard lock(m_mutex);
        if (!m_gone)
            m_handles.push_back(std::move(handle));
    }

    // A kubelet and a Prometheus do not measure alike (the working set here, all that is not available
    // there), and a line that jumps between them tells nothing: a quantity that Prometheus knows is
    // Prometheus'. Until it is known what that one knows, the kubelet's wait.
    void takeOfKubelet(Reading reading, MeasureReport& report)
    {
        for (std::size_t i = 0; i < kQuantities; ++i) {
            if (m_ranged[i])
                reading.values[i].reset();
        }
        if (reading.empty())
            return;
        if (m_seeking)
            m_waiting.push_back(reading);
        else
            report.readings.push_back(reading);
    }

    void sought()
    {
        if (!std::exchange(m_seeking, false))
            return;
        MeasureReport report;
        for (const Reading& reading : std::exchange(m_waiting, {}))
            takeOfKubelet(reading, report);
        if (!report.readings.empty())
            tell(std::move(report));
    }

    void tell(MeasureReport report)
    {
        for (const std::string& source : m_sources)
            report.sources += (report.sources.empty() ? "" : ", ") + source;
        // Both are told until they are over, whoever reports.
        report.problem = m_problem;
        if (!m_prometheusProblem.empty())
            report.problem += (m_problem.empty() ? "" : " ") + m_prometheusProblem;
        const std::lock_guard lock(m_takeMutex);
        if (m_take)
            m_take(std::move(report));
    }

    void addSource(const std::string& name)
    {
        if (std::find(m_sources.begin(), m_sources.end(), name) == m_sources.end())
            m_sources.push_back(name);
    }

    // --- the kubelet

    void turn()
    {
        {
            const std::lock_guard lock(m_mutex);
            if (m_gone)
                return;
            if (m_asking == 0) // nothing is on its way: what has ended is let go of
                m_handles.clear();
        }
        const std::string node = m_target.kind == MeasureTarget::Kind::Node ? m_target.name : m_target.node;
        if (!node.empty()) {
            kube::Request request;
            request.path = "/api/v1/nodes/" + kube::percentEncode(node) + "/proxy/stats/summary";
            request.maxBody = 64U << 20U;
            ++m_asking;
            ask(m_client, std::move(request), [this](const Result<kube::Response>& result) {
                --m_asking;
                takeSummary(result);
            });
        }
        m_client->network().postAfter(m_options.every, [weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->turn();
        });
    }

    void takeSummary(const Result<kube::Response>& result)
    {
        MeasureReport report;
        if (!result) {
            m_problem =
                arguments(translate("Measure", "The kubelet cannot be asked: %1"),
                          {result.error().detail.empty() ? result.error().text : result.error().detail});
            tell(std::move(report));
            return;
        }
        const Summary summary = readSummary(result->body, systemNow());
        std::optional<Look> look;
        if (m_target.kind == MeasureTarget::Kind::Node) {
            look = summary.node;
        } else {
            std::vector<Look> looks;
            for (const std::string& pod : m_target.pods) {
                const auto found = summary.pods.find(m_target.ns + "/" + pod);
                if (found != summary.pods.end())
                    looks.push_back(found->second);
            }
            if (!looks.empty())
                look = sumOf(looks);
        }
        if (!look) {
            m_problem = translate("Measure", "The kubelet does not know it.");
        } else {
            m_problem.clear();
            addSource(m_target.kind == MeasureTarget::Kind::Guest
                          ? translate("Measure", "kubelet (the launcher's pod)")
                          : translate("Measure", "kubelet"));
            takeOfKubelet(m_rates.take(*look), report);
        }
        tell(std::move(report));
    }

    // --- Prometheus

    void seekPrometheus()
    {
        if (!m_options.prometheus.empty()) {
            kube::ClusterConfig config;
            config.server = m_options.prometheus;
            while (!config.server.empty() && config.server.back() == '/')
                config.server.pop_back();
            m_prometheus = kube::Client::create(m_client->network(), config);
            m_prometheusName = arguments(translate("Measure", "Prometheus %1"), {m_options.prometheus});
            askRanges();
            return;
        }
        kube::Request request;
        request.path = "/api/v1/services";
        request.query = "limit=2000";
        request.maxBody = 64U << 20U;
        ask(m_client, std::move(request), [this](const Result<kube::Response>& result) {
            if (!result) { // who may not list Services has no Prometheus here
                sought();
                return;
            }
            m_places = findPrometheus(result->body);
            if (m_places.size() > kMostPlaces)
                m_places.resize(kMostPlaces);
            tryPlace(0);
        });
    }

    void tryPlace(std::size_t index)
    {
        if (index >= m_places.size()) {
            sought();
            return;
        }
        kube::Request request;
        request.path = m_places[index].path() + "/api/v1/status/buildinfo";
        request.maxBody = 1U << 20U;
        ask(m_client, std::move(request), [this, index](const Result<kube::Response>& result) {
            if (!result || result->body.find("\"success\"") == std::string::npos) {
                tryPlace(index + 1);
                return;
            }
            m_prometheus = m_client;
            m_prefix = m_places[index].path();
            m_prometheusName = arguments(translate("Measure", "Prometheus %1"),
                                         {m_places[index].ns + "/" + m_places[index].service});
            askRanges();
        });
    }

    std::string query(Quantity quantity) const
    {
        switch (m_target.kind) {
        case MeasureTarget::Kind::Guest:
            return vmQuery(quantity, m_target.ns, m_target.name);
        case MeasureTarget::Kind::Node:
            return nodeQuery(quantity, m_target.name);
        default:
            return podsQuery(quantity, m_target.ns, m_target.pods);
        }
    }

    // All of the past at first, then what is new since the last answer: what a question that failed was about
    // is asked again. Where nothing is known of a quantity the past is asked for a few times more, for
    // whoever has just begun to be scraped; then it is believed.
    void askRanges()
    {
        const UnixMs now = systemNow();
        for (std::size_t i = 0; i < kQuantities; ++i) {
            const auto quantity = static_cast<Quantity>(i);
            const std::string text = query(quantity);
            if (text.empty())
                continue;
            const UnixMs from = std::max(m_answered[i], now - m_options.back.count());
            const long step = std::max<long>(15, static_cast<long>((now - from) / 1000) / kMostPoints + 1);
            kube::Request request;
            request.path = m_prefix + "/api/v1/query_range";
            request.query = "query=" + kube::percentEncode(text) + "&start=" + std::to_string(from / 1000) +
                            "&end=" + std::to_string(now / 1000) + "&step=" + std::to_string(step);
            request.maxBody = 32U << 20U;
            ++m_asking;
            ++m_ranges;
            ask(m_prometheus, std::move(request),
                [this, quantity, now](const Result<kube::Response>& result) {
                    --m_asking;
                    takeRange(quantity, now, result);
                    if (--m_ranges == 0)
                        sought();
                });
        }
        if (m_ranges == 0)
            sought();
        m_client->network().postAfter(std::max(m_options.every, m_options.everyRange),
                                      [weak = weak_from_this()] {
                                          const auto self = weak.lock();
                                          if (self && !self->gone())
                                              self->askRanges();
                                      });
    }

    void takeRange(Quantity quantity, UnixMs asked, const Result<kube::Response>& result)
    {
        MeasureReport report;
        const auto at = static_cast<std::size_t>(quantity);
        bool& ranged = m_ranged[at];
        if (!result) {
            ranged = false;
            m_prometheusProblem =
                arguments(translate("Measure", "Prometheus cannot be asked: %1"),
                          {result.error().detail.empty() ? result.error().text : result.error().detail});
            tell(std::move(report));
            return;
        }
        const Range range = readRange(result->body);
        if (!range.error.empty()) {
            m_prometheusProblem = arguments(translate("Measure", "Prometheus: %1"), {range.error});
        } else {
            m_prometheusProblem.clear();
        }
        // Steps without a sample now and then are no reason to change over; a question that fails is.
        ranged = range.error.empty() && (ranged || !range.points.empty());
        if (range.error.empty() &&
            (!range.points.empty() || m_answered[at] > 0 || ++m_empty[at] == kMostEmpty))
            m_answered[at] = asked;
        if (range.error.empty() && !range.points.empty()) {
            addSource(m_prometheusName);
            for (const auto& [when, value] : range.points) {
                Reading reading;
                reading.at = when;
                reading.of(quantity) = value;
                report.readings.push_back(reading);
            }
        }
        tell(std::move(report));
    }

    const std::shared_ptr<kube::Client> m_client;
    const MeasureTarget m_target;
    const MeasureOptions m_options;
    Rates m_rates;
    std::vector<std::string> m_sources;
    std::string m_problem; // of the kubelet's
    std::string m_prometheusProblem;
    std::vector<PrometheusPlace> m_places;
    std::shared_ptr<kube::Client> m_prometheus;
    std::string m_prometheusName;
    std::string m_prefix;
    std::array<UnixMs, kQuantities> m_answered{}; // until when Prometheus has told of each; 0: not yet
    std::array<int, kQuantities> m_empty{};       // answers without a point before the first that had one
    int m_asking = 0;
    int m_ranges = 0;                         // of the questions on their way, those to Prometheus
    bool m_seeking = true;                    // it is not known yet what Prometheus knows
    std::array<bool, kQuantities> m_ranged{}; // which it does
    std::vector<Reading> m_waiting;           // of the kubelet, while seeking

    std::mutex m_mutex; // guards these
    bool m_gone = false;
    std::vector<std::unique_ptr<kube::RequestHandle>> m_handles;

    std::mutex m_takeMutex; // held while calling out
    std::function<void(MeasureReport)> m_take;
};

class ClusterMeasurement : public Measurement {
public:
    explicit ClusterMeasurement(std::shared_ptr<Measuring> measuring) : m_measuring(std::move(measuring)) {}
    ~ClusterMeasurement() override { m_measuring->stop(); }
    ClusterMeasurement(const ClusterMeasurement&) = delete;
    ClusterMeasurement& operator=(const ClusterMeasurement&) = delete;

private:
    std::shared_ptr<Measuring> m_measuring;
};

class HostMeasurement : public Measurement {
public:
    explicit HostMeasurement(std::unique_ptr<virt::StatsReader> reader) : m_reader(std::move(reader)) {}

private:
    std::unique_ptr<virt::StatsReader> m_reader;
};

} // namespace

std::unique_ptr<Measurement> measureInCluster(std::shared_ptr<kube::Client> client, MeasureTarget target,
                                              MeasureOptions options, std::function<void(MeasureReport)> take)
{
    auto measuring = std::make_shared<Measuring>(std::move(client), std::move(target), std::move(options),
                                                 std::move(take));
    measuring->begin();
    return std::make_unique<ClusterMeasurement>(std::move(measuring));
}

Result<std::unique_ptr<Measurement>> measureByHost(const std::string& uri, const MeasureTarget& target,
                                                   MeasureOptions options,
                                                   std::function<void(MeasureReport)> take)
{
    const auto every = std::min(options.every, std::chrono::milliseconds(5000));
    auto reader = virt::StatsReader::start(
        uri, target.kind == MeasureTarget::Kind::Domain ? target.name : std::string(), every,
        [take = std::move(take), rates = Rates()](Result<virt::Stats> stats) mutable {
            MeasureReport report;
            report.sources = "libvirt";
            if (!stats) {
                report.problem = stats.error().text;
                take(std::move(report));
                return;
            }
            Look look;
            look.at = stats->at;
            look.memory = stats->memoryBytes;
            look.cpuSeconds = stats->cpuSeconds;
            look.networkIn = stats->networkIn;
            look.networkOut = stats->networkOut;
            look.diskRead = stats->diskRead;
            look.diskWrite = stats->diskWrite;
            const Reading reading = rates.take(look);
            if (!reading.empty())
                report.readings.push_back(reading);
            take(std::move(report));
        });
    if (!reader)
        return tl::unexpected<Error>(std::move(reader.error()));
    return std::unique_ptr<Measurement>(std::make_unique<HostMeasurement>(std::move(*reader)));
}

} // namespace strata::console
