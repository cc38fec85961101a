// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/bootstrapwatch.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/console/transports/guest.h"
#include "core/console/transports/ssh.h"
#include "core/kube/api/resource.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace strata::console {
namespace {

constexpr std::size_t kMostOutput = 512U << 10U;
constexpr auto kPortPatience = std::chrono::seconds(5);
constexpr auto kInsidePatience = std::chrono::seconds(45);
constexpr std::size_t kMostMachines = 200;

std::string kubevirtPath(const std::string& ns)
{
    return "/apis/kubevirt.io/v1/namespaces/" + kube::percentEncode(ns) + "/";
}

class Watch : public std::enable_shared_from_this<Watch> {
public:
    Watch(std::shared_ptr<kube::Client> client, GuestTarget guest, BootstrapOptions options,
          std::function<void(const BootstrapState&)> changed)
        : m_client(std::move(client)), m_guest(std::move(guest)), m_options(std::move(options)),
          m_changed(std::move(changed))
    {}

    void begin()
    {
        m_client->network().post([weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->turn();
        });
    }

    void stop()
    {
        std::vector<std::unique_ptr<kube::RequestHandle>> handles;
        std::unique_ptr<Session> serial;
        std::unique_ptr<Session> port;
        std::unique_ptr<Session> inside;
        {
            const std::lock_guard lock(m_mutex);
            m_gone = true;
            handles.swap(m_handles);
            serial.swap(m_serial);
            port.swap(m_port);
            inside.swap(m_inside);
        }
        // Outside of the lock: they wait for callbacks that want it.
        handles.clear();
        serial.reset();
        port.reset();
        inside.reset();
        const std::lock_guard lock(m_tellMutex);
        m_changed = {};
    }

    void setSerial(bool on)
    {
        std::unique_ptr<Session> old;
        {
            const std::lock_guard lock(m_mutex);
            m_options.serial = on;
            m_serialTried = false;
            if (!on)
                old.swap(m_serial);
        }
    }

private:
    // One of the sessions speaks; which one says the number, since an old one may still have a word.
    class Hearing : public SessionHandler {
    public:
        using Heard = void (Watch::*)(unsigned run, std::string_view bytes);
        using Ended = void (Watch::*)(unsigned run, const SessionEnd& end);
        Hearing(std::weak_ptr<Watch> watch, unsigned run, Heard heard, Ended ended)
            : m_watch(std::move(watch)), m_run(run), m_heard(heard), m_ended(ended)
        {}
        void onOpen(const std::string&) override {}
        void onOutput(std::string_view bytes) override
        {
            if (const auto watch = m_watch.lock())
                (watch.get()->*m_heard)(m_run, bytes);
        }
        void onEnd(SessionEnd end) override
        {
            if (const auto watch = m_watch.lock())
                (watch.get()->*m_ended)(m_run, end);
        }

    private:
        std::weak_ptr<Watch> m_watch;
        unsigned m_run;
        Heard m_heard;
        Ended m_ended;
    };

    // On the network's thread.
    void turn()
    {
        std::unique_ptr<Session> old; // sessions that have ended are let go of here, never in their own calls
        std::unique_ptr<Session> older;
        std::unique_ptr<Session> oldest;
        bool askPort = false;
        bool askSerial = false;
        bool askInside = false;
        {
            const std::lock_guard lock(m_mutex);
            if (m_gone)
                return;
            if (!m_asking)
                m_handles.clear();
            const auto now = std::chrono::steady_clock::now();
            if (m_port && (m_portOver || now - m_portSince > kPortPatience)) {
                if (!m_portOver)
                    m_model.takePort(false, translate("Bootstrap", "no answer"), systemNow());
                old.swap(m_port);
            }
            if (m_inside && (m_insideOver || now - m_insideSince > kInsidePatience))
                older.swap(m_inside);
            if (m_serialOver)
                oldest.swap(m_serial);
            const bool running = m_model.state().at(Stage::Running).state == StageState::Done;
            const bool done = m_model.state().outcome == StageState::Done;
            askPort = running && !m_port && !done;
            askSerial = running && m_options.serial && !m_serial && !m_serialTried;
            askInside = m_model.wantsInside() && !m_inside && !m_options.keySecret.empty() &&
                        now - m_insideSince > m_options.insideEvery;
            if (askInside)
                m_insideSince = now;
            if (askSerial)
                m_serialTried = true;
        }
        old.reset();
        older.reset();
        oldest.reset();
        askInstance();
        if (askPort)
            openPort();
        if (askSerial)
            openLine();
        if (askInside)
            openInside();
        m_client->network().postAfter(m_options.every, [weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->turn();
        });
        tell();
    }

    void askInstance()
    {
        {
            const std::lock_guard lock(m_mutex);
            if (std::exchange(m_asking, true))
                return; // a server that is slow is not asked twice
        }
        kube::Request request;
        request.path =
            kubevirtPath(m_guest.ns) + "virtualmachineinstances/" + kube::percentEncode(m_guest.name);
        request.maxBody = 4U << 20U;
        auto handle =
            m_client->send(std::move(request), [weak = weak_from_this()](Result<kube::Response> result) {
                const auto self = weak.lock();
                if (!self)
                    return;
                {
                    const std::lock_guard lock(self->m_mutex);
                    self->m_asking = false;
                    self->m_model.takeInstance(
                        result ? Result<std::string>(std::move(result->body))
                               : Result<std::string>(tl::unexpected<Error>(std::move(result.error()))),
                        systemNow());
                }
                self->tell();
            });
        const std::lock_guard lock(m_mutex);
        if (!m_gone)
            m_handles.push_back(std::move(handle));
    }

    void openPort()
    {
        const unsigned run = ++m_run;
        {
            const std::lock_guard lock(m_mutex);
            m_portRun = run;
            m_portOver = false;
            m_portSince = std::chrono::steady_clock::now();
        }
        auto session = openGuestPort(
            m_client, m_guest, 22,
            std::make_shared<Hearing>(weak_from_this(), run, &Watch::portHeard, &Watch::portEnded));
        const std::lock_guard lock(m_mutex);
        if (!m_gone)
            m_port = std::move(session);
    }
    void portHeard(unsigned run, std::string_view bytes)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (run != m_portRun || m_portOver)
                return;
            m_portOver = true;
            const std::string greeting = cleanText(std::string(bytes.substr(0, 80)));
            m_model.takePort(greeting.rfind("SSH-", 0) == 0, greeting, systemNow());
        }
        tell();
    }
    void portEnded(unsigned run, const SessionEnd& end)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (run != m_portRun || m_portOver)
                return;
            m_portOver = true;
            const std::string words = end.error.detail.empty() ? end.error.text : end.error.detail;
            m_model.takePort(false,
                             words.empty() ? translate("Bootstrap", "the connection was closed") : words,
                             systemNow());
        }
        tell();
    }

    void openLine()
    {
        const unsigned run = ++m_run;
        {
            const std::lock_guard lock(m_mutex);
            m_serialRun = run;
            m_serialOver = false;
        }
        auto session = openSerial(
            m_client, m_guest,
            std::make_shared<Hearing>(weak_from_this(), run, &Watch::serialHeard, &Watch::serialEnded));
        const std::lock_guard lock(m_mutex);
        if (!m_gone)
            m_serial = std::move(session);
    }
    void serialHeard(unsigned run, std::string_view bytes)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (run != m_serialRun)
                return;
            m_model.takeSerial(bytes, systemNow());
        }
        tell();
    }
    void serialEnded(unsigned run, const SessionEnd& end)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (run != m_serialRun)
                return;
            m_serialOver = true;
            m_model.noteSerial(end.kind == SessionEnd::Kind::Closed
                                   ? translate("Bootstrap",
                                               "the serial line was closed: the machine stopped, or "
                                               "another client took it")
                                   : end.error.text + " " + end.error.detail,
                               systemNow());
            // What broke is tried again; what was taken from us is not taken back unasked.
            m_serialTried = end.kind != SessionEnd::Kind::Failed;
        }
        tell();
    }

    void openInside()
    {
        const unsigned run = ++m_run;
        SshTarget target;
        {
            const std::lock_guard lock(m_mutex);
            m_insideRun = run;
            m_insideOver = false;
            m_output.clear();
            target.uid = m_model.uid();
        }
        target.guest = m_guest;
        target.user = m_options.user;
        target.keySecret = m_options.keySecret;
        SshOptions options;
        options.knownHosts = m_options.knownHosts;
        options.program = m_options.sshProgram;
        options.command = insideScript();
        auto session = openSsh(
            m_client, target, options, {},
            std::make_shared<Hearing>(weak_from_this(), run, &Watch::insideHeard, &Watch::insideEnded));
        const std::lock_guard lock(m_mutex);
        if (!m_gone)
            m_inside = std::move(session);
    }
    void insideHeard(unsigned run, std::string_view bytes)
    {
        const std::lock_guard lock(m_mutex);
        if (run == m_insideRun && m_output.size() < kMostOutput)
            m_output += bytes.substr(0, kMostOutput - m_output.size());
    }
    void insideEnded(unsigned run, const SessionEnd& end)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (run != m_insideRun)
                return;
            m_insideOver = true;
            if (end.kind == SessionEnd::Kind::Exited)
                m_model.takeInside(end.exitCode, m_output, systemNow());
            else
                m_model.takeInside(255, end.error.text + " " + end.error.detail, systemNow());
        }
        tell();
    }

    void tell()
    {
        const std::lock_guard tellLock(m_tellMutex);
        if (!m_changed)
            return;
        BootstrapState copy;
        {
            const std::lock_guard lock(m_mutex);
            copy = m_model.state();
        }
        m_changed(copy);
    }

    const std::shared_ptr<kube::Client> m_client;
    const GuestTarget m_guest;
    unsigned m_run = 0; // the network thread's

    std::mutex m_mutex; // guards these; not held while opening, ending or calling out
    BootstrapOptions m_options;
    Bootstrap m_model;
    bool m_gone = false;
    bool m_asking = false;
    std::vector<std::unique_ptr<kube::RequestHandle>> m_handles;
    std::unique_ptr<Session> m_serial;
    std::unique_ptr<Session> m_port;
    std::unique_ptr<Session> m_inside;
    unsigned m_serialRun = 0;
    unsigned m_portRun = 0;
    unsigned m_insideRun = 0;
    bool m_serialTried = false;
    bool m_serialOver = false;
    bool m_portOver = false;
    bool m_insideOver = false;
    std::chrono::steady_clock::time_point m_portSince;
    std::chrono::steady_clock::time_point m_insideSince;
    std::string m_output;

    std::mutex m_tellMutex; // held while calling out
    std::function<void(const BootstrapState&)> m_changed;
};

class WatchHandle : public BootstrapWatch {
public:
    explicit WatchHandle(std::shared_ptr<Watch> watch) : m_watch(std::move(watch)) {}
    ~WatchHandle() override { m_watch->stop(); }
    WatchHandle(const WatchHandle&) = delete;
    WatchHandle& operator=(const WatchHandle&) = delete;
    void setSerial(bool on) override { m_watch->setSerial(on); }

private:
    std::shared_ptr<Watch> m_watch;
};

} // namespace

std::unique_ptr<BootstrapWatch> startBootstrapWatch(std::shared_ptr<kube::Client> client, GuestTarget guest,
                                                    BootstrapOptions options,
                                                    std::function<void(const BootstrapState&)> changed)
{
    auto watch =
        std::make_shared<Watch>(std::move(client), std::move(guest), std::move(options), std::move(changed));
    watch->begin();
    return std::make_unique<WatchHandle>(std::move(watch));
}

std::unique_ptr<kube::RequestHandle> listMachines(kube::Client& client, const std::string& ns,
                                                  const std::string& cluster,
                                                  std::function<void(Result<std::vector<std::string>>)> done)
{
    kube::Request request;
    request.path = kubevirtPath(ns) + "virtualmachines";
    request.query = "labelSelector=" + kube::percentEncode("cluster.x-k8s.io/cluster-name=" + cluster);
    request.accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json";
    request.maxBody = 32U << 20U;
    return client.send(std::move(request), [done = std::move(done)](Result<kube::Response> result) {
        if (!result) {
            done(tl::unexpected<Error>(std::move(result.error())));
            return;
        }
        const nlohmann::json list = nlohmann::json::parse(result->body, nullptr, false);
        std::vector<std::string> names;
        const auto items = list.is_object() ? list.find("items") : list.end();
        if (list.is_object() && items != list.end() && items->is_array()) {
            for (const nlohmann::json& item : *items) {
                const auto meta = item.is_object() ? item.find("metadata") : item.end();
                if (!item.is_object() || meta == item.end() || !meta->is_object() ||
                    names.size() == kMostMachines)
                    continue;
                const auto name = meta->find("name");
                if (name != meta->end() && name->is_string())
                    names.push_back(name->get<std::string>());
            }
        }
        std::sort(names.begin(), names.end());
        done(std::move(names));
    });
}

} // namespace strata::console
