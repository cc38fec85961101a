// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/connections.h"
#include "app/createcluster.h"
#include "app/firstpicture.h"
#include "app/hostcommands.h"
#include "app/told.h"
#include "app/words.h"
#include "core/actions/audit.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/hosts/domainwords.h"
#include "core/hosts/linechanges.h"
#include "core/libvirt/domains.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <chrono>
#include <fstream>
#include <future>
#include <iostream>
#include <iterator>
#include <memory>

namespace strata::app {
namespace {

using virt::DomainDetail;
using virt::DomainDone;
using virt::DomainRequest;
using virt::DomainRow;
using virt::DomainVerb;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostXml = 8U << 20U;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("DomainCommand", text), values);
}

// One answer of libvirt's within the operator's patience. The thread behind it may hang for ever.
template<typename Value, typename Ask>
Result<Value> answerOf(int seconds, Ask&& ask)
{
    const auto promise = std::make_shared<std::promise<Result<Value>>>();
    std::future<Result<Value>> answer = promise->get_future();
    ask([promise](Result<Value> value) { promise->set_value(std::move(value)); });
    if (answer.wait_for(std::chrono::seconds(seconds)) != std::future_status::ready)
        return fail(ErrorKind::Timeout,
                    tr("The host did not answer within %1 s.", {std::to_string(seconds)}));
    return answer.get();
}

Result<std::string> readFile(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file && text.empty())
        return fail(ErrorKind::Io, tr("%1 cannot be read.", {path}));
    if (text.size() > kMostXml)
        return fail(ErrorKind::Invalid, tr("%1 is too large for a domain.", {path}));
    return text;
}

void print(const std::vector<DomainRow>& rows, bool json, const stack::Stack& stack)
{
    if (json) {
        Json out = Json::array();
        for (const DomainRow& row : rows)
            out.push_back(
                {{"name", row.facts.name},
                 {"uuid", row.facts.uuid},
                 {"state", virt::toString(row.facts.state)},
                 {"reason", row.facts.stateReason},
                 {"vcpus", row.facts.vcpus},
                 {"memoryBytes", row.facts.memoryBytes},
                 {"persistent", row.facts.persistent},
                 {"autostart", row.facts.autostart},
                 {"savedState", row.managedSave},
                 {"snapshots", row.snapshots < 0 ? Json(nullptr) : Json(row.snapshots)},
                 {"carries", hosts::carriedText(hosts::carriedBy(stack, row.facts.uuid), row.keeper)}});
        std::cout << out.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
        return;
    }
    for (const DomainRow& row : rows) {
        std::cout << row.facts.name << "  " << virt::toString(row.facts.state)
                  << (row.facts.stateReason.empty() ? "" : " (" + row.facts.stateReason + ")") << "  "
                  << row.facts.vcpus << " vCPU, " << row.facts.memoryBytes / (1 << 20) << " MiB"
                  << (row.facts.autostart ? ", " + tr("starts with the host") : "")
                  << (row.facts.persistent ? "" : ", " + tr("not defined"));
        if (row.snapshots > 0)
            std::cout << ", " << tr("snapshots: %1", {std::to_string(row.snapshots)});
        const std::string carried = hosts::carriedText(hosts::carriedBy(stack, row.facts.uuid), row.keeper);
        std::cout << (carried.empty() ? "" : " — " + carried) << "\n";
    }
}

void print(const std::vector<virt::Snapshot>& snapshots, bool json)
{
    Json out = Json::array();
    for (const virt::Snapshot& one : snapshots) {
        if (json)
            out.push_back({{"name", one.name},
                           {"parent", one.parent},
                           {"description", one.description},
                           {"state", one.state},
                           {"createdAt", formatRfc3339(one.createdAt)},
                           {"current", one.current}});
        else
            std::cout << one.name << (one.current ? "*" : "") << "  " << formatRfc3339(one.createdAt) << "  "
                      << one.state << (one.parent.empty() ? "" : "  < " + one.parent)
                      << (one.description.empty() ? "" : "  " + one.description) << "\n";
    }
    if (json)
        std::cout << out.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

class DomainCommand {
public:
    DomainCommand(Words words, int seconds) : m_words(std::move(words)), m_seconds(seconds) {}

    int run()
    {
        const std::string verb = m_words.names.front();
        m_dry = m_words.has("--dry-run");
        if (m_words.names.size() < 2)
            return refuse({ErrorKind::Config, tr("“strata domain %1” needs a host's URI.", {verb}), {}, 0, 0},
                          kWrongUse);
        m_uri = m_words.names[1];
        if (const int code = look(); code != 0)
            return code;
        if (verb == "list") {
            const auto rows = answerOf<std::vector<DomainRow>>(
                m_seconds, [this](auto done) { virt::listDomains(m_uri, std::move(done)); });
            if (!rows)
                return refuse(rows.error());
            print(*rows, m_words.has("--json"), m_stack);
            return kCreated;
        }
        if (verb == "define")
            return define();
        if (m_words.names.size() < 3)
            return refuse(
                {ErrorKind::Config, tr("“strata domain %1” needs the domain's name.", {verb}), {}, 0, 0},
                kWrongUse);
        const auto detail = answerOf<DomainDetail>(m_seconds, [this](auto done) {
            virt::readDomainDetail(m_uri, m_words.names[2], std::move(done));
        });
        if (!detail)
            return refuse(detail.error());
        m_detail = *detail;
        if (verb == "xml") {
            std::cout << m_detail.xml << (m_detail.xml.ends_with('\n') ? "" : "\n");
            return kCreated;
        }
        if (verb == "edit")
            return edit();
        if (verb == "snapshot")
            return snapshot();
        return plain(verb);
    }

private:
    // With an outer cluster the domains are known for what they carry.
    int look()
    {
        CommandLine line;
        line.demo = m_words.has("--demo");
        line.kubeconfig = m_words.value("--kubeconfig");
        line.context = m_words.value("--context");
        if (!line.demo && line.kubeconfig.empty())
            return 0;
        m_connections = std::make_unique<Connections>();
        if (const auto opened = m_connections->open(line); !opened)
            return refuse(opened.error());
        takeFirstPicture(m_connections->site(), m_seconds,
                         [this](const stack::Batch& batch) { m_stack.apply(batch); });
        if (line.demo) // its hosts go by their names, too
            for (const demosite::DemoSite::HostEntry& host : m_connections->demo()->hosts())
                if (host.name == m_uri)
                    m_uri = host.uri;
        return 0;
    }

    int define()
    {
        if (m_words.names.size() != 3)
            return refuse({ErrorKind::Config, tr("“strata domain define” needs a file."), {}, 0, 0},
                          kWrongUse);
        const auto text = readFile(m_words.names[2]);
        if (!text)
            return refuse(text.error());
        const auto names = virt::namesOf(*text);
        if (!names)
            return refuse(names.error());
        DomainRequest request;
        request.verb = DomainVerb::Define;
        request.xml = *text;
        return carryOut(request, names->name);
    }

    int edit()
    {
        if (m_words.names.size() != 4)
            return refuse(
                {ErrorKind::Config,
                 tr("“strata domain edit” needs a file: “strata domain xml” prints what to begin with."),
                 {},
                 0,
                 0},
                kWrongUse);
        const auto text = readFile(m_words.names[3]);
        if (!text)
            return refuse(text.error());
        const std::string changes = hosts::lineChanges(m_detail.xml, *text);
        std::cout << changes;
        if (changes.empty()) {
            say(tr("Nothing is changed."));
            return kCreated;
        }
        const auto judged = answerOf<void>(m_seconds, [&](auto done) {
            virt::checkDomainXml(m_uri, m_detail.row.facts.uuid, *text, std::move(done));
        });
        if (!judged)
            return refuse(judged.error());
        say(tr("libvirt accepts this document."));
        DomainRequest request;
        request.verb = DomainVerb::Define;
        request.domain = m_detail.row.facts.uuid;
        request.xml = *text;
        request.base = m_detail.xml;
        return carryOut(request, m_detail.row.facts.name);
    }

    int snapshot()
    {
        const std::string what = m_words.names.size() > 3 ? m_words.names[3] : "list";
        if (what == "list") {
            if (!m_detail.noSnapshots.empty())
                return refuse({ErrorKind::Refused, m_detail.noSnapshots, {}, 0, 0});
            print(m_detail.snapshots, m_words.has("--json"));
            return kCreated;
        }
        DomainRequest request;
        request.domain = m_detail.row.facts.uuid;
        const auto verb = virt::domainVerbNamed("snapshot-" + what);
        if (!verb || m_words.names.size() != 5)
            return refuse(
                {ErrorKind::Config,
                 tr("“strata domain snapshot URI NAME” goes on with list, or with create, revert or "
                    "delete and the snapshot's name."),
                 {},
                 0,
                 0},
                kWrongUse);
        request.verb = *verb;
        request.snapshot = m_words.names[4];
        request.description = m_words.value("--description");
        if (request.verb != DomainVerb::CreateSnapshot && !m_dry &&
            m_words.value("--yes") != request.snapshot)
            return unmeant(request.snapshot);
        return carryOut(request, m_detail.row.facts.name);
    }

    int plain(const std::string& word)
    {
        DomainRequest request;
        request.domain = m_detail.row.facts.uuid;
        std::optional<DomainVerb> verb = virt::domainVerbNamed(word);
        if (word == "autostart")
            verb = m_words.has("--off") ? DomainVerb::AutostartOff : DomainVerb::AutostartOn;
        if (!verb || *verb == DomainVerb::CreateSnapshot || *verb == DomainVerb::RevertSnapshot ||
            *verb == DomainVerb::DeleteSnapshot)
            return refuse({ErrorKind::Config, tr("“strata domain” has no “%1”.", {word}), {}, 0, 0},
                          kWrongUse);
        request.verb = *verb;
        request.volumes = m_words.has("--volumes");
        if (request.verb == DomainVerb::Undefine && !m_dry &&
            m_words.value("--yes") != m_detail.row.facts.name)
            return unmeant(m_detail.row.facts.name);
        return carryOut(request, m_detail.row.facts.name);
    }

    static int unmeant(const std::string& name)
    {
        return refuse({ErrorKind::Refused,
                       tr("This cannot be taken back. Say that you mean it with --yes %1", {name}),
                       {},
                       0,
                       0});
    }

    int carryOut(const DomainRequest& request, const std::string& name)
    {
        const provision::Plan plan = hosts::auditPlan(m_uri, name, request);
        std::cerr << plan.title << "\n";
        const hosts::Carried carried = hosts::carriedBy(m_stack, m_detail.row.facts.uuid);
        for (const std::string& sentence :
             hosts::whoNotices(m_stack, carried, m_detail.row.keeper, request.verb, request.volumes))
            std::cerr << "  " << sentence << "\n";
        if (!request.domain.empty()) {
            const std::string why =
                virt::domainWhyNot(request.verb, m_detail.row.facts.state, m_detail.row.facts.persistent);
            if (!why.empty())
                return refuse({ErrorKind::Refused, why, {}, 0, 0});
        }
        if (m_dry) {
            say(tr("Nothing was done."));
            return kCreated;
        }
        audit(plan, "begun", {});
        const auto done = answerOf<DomainDone>(
            m_seconds, [&](auto answer) { virt::actOnDomain(m_uri, request, std::move(answer)); });
        audit(plan, done ? "done" : "failed", done ? std::string() : inWords(done.error()));
        if (!done)
            return refuse(done.error(), kFailed);
        for (const std::string& note : done->notes)
            std::cerr << "  " << note << "\n";
        say(tr("Done."));
        return kCreated;
    }

    void audit(const provision::Plan& plan, const std::string& result, const std::string& detail) const
    {
        if (m_words.has("--demo")) // nothing real was touched
            return;
        const auto path = actions::auditPath();
        const Result<void> written =
            path ? actions::appendAudit(*path, actions::auditEntry(plan, result, detail, systemNow()))
                 : tl::unexpected(path.error());
        if (!written)
            say(inWords(written.error()));
    }

    const Words m_words;
    const int m_seconds;
    bool m_dry = false;
    std::string m_uri;
    std::unique_ptr<Connections> m_connections;
    stack::Stack m_stack;
    DomainDetail m_detail;
};

} // namespace

int runDomain(const CommandLine& line)
{
    auto words = Words::read("domain", line.words,
                             {"--timeout", "--kubeconfig", "--context", "--yes", "--description"},
                             {"--json", "--dry-run", "--demo", "--off", "--volumes"});
    if (!words)
        return refuse(words.error(), kWrongUse);
    if (words->names.empty())
        return refuse({ErrorKind::Config,
                       tr("“strata domain” needs to know what to do; “strata --help” tells."),
                       {},
                       0,
                       0},
                      kWrongUse);
    int seconds = 60;
    const std::string given = words->value("--timeout", "60");
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), seconds);
    if (error != std::errc() || end != given.data() + given.size() || seconds < 1 || seconds > 86400)
        return refuse({ErrorKind::Config, tr("“--timeout” must be a number of seconds."), {}, 0, 0},
                      kWrongUse);
    return DomainCommand(std::move(*words), seconds).run();
}

std::string hostCommandsHelp()
{
    return tr(
        "  strata domain list URI [--json]             the domains of a host, through libvirt\n"
        "  strata domain start|shutdown|reboot|reset|destroy|suspend|resume URI NAME\n"
        "  strata domain autostart URI NAME [--off]\n"
        "  strata domain xml URI NAME, define URI FILE, edit URI NAME FILE\n"
        "  strata domain snapshot URI NAME [list | create SNAPSHOT [--description TEXT] |\n"
        "                                   revert SNAPSHOT --yes SNAPSHOT | delete SNAPSHOT --yes "
        "SNAPSHOT]\n"
        "  strata domain delete URI NAME --yes NAME [--volumes]\n"
        "      [--dry-run] [--timeout S] [--kubeconfig FILE [--context NAME] | --demo]\n"
        "                                with an outer cluster it tells who will notice; --demo: URI is the "
        "name\n"
        "                                of one of its hosts. edit prints the difference and asks libvirt "
        "first.\n"
        "                                Exit as create-cluster\n"
        "\n");
}

} // namespace strata::app
