// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/bootstrap.h"

#include "core/base/text.h"
#include "core/base/translatable.h"
#include "core/base/translate.h"
#include "core/console/logbook.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace strata::console {
namespace {

using Json = nlohmann::json;

constexpr const char* kMark = "@@strata:"; // a section's begin, in the script's output
constexpr UnixMs kSilence = 90'000;        // a guest that prints nothing for so long after its start
constexpr UnixMs kSlowBoot = 180'000;
constexpr std::size_t kMostLines = 200; // of one section

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Bootstrap", text), values);
}

const Json& at(const Json& object, const char* key)
{
    static const Json none;
    if (!object.is_object())
        return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

std::string textOf(const Json& object, const char* key)
{
    const Json& value = at(object, key);
    return value.is_string() ? cleanText(value.get_ref<const std::string&>(), 400) : std::string();
}

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

std::vector<std::string> linesOf(std::string_view text)
{
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string line = cleanLogText(text.substr(0, end), Bootstrap::kMostLine);
        if (!line.empty())
            out.push_back(std::move(line));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (out.size() > kMostLines)
        out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(kMostLines));
    return out;
}

std::map<std::string, std::string> sectionsOf(const std::string& output)
{
    std::map<std::string, std::string> out;
    std::string* current = nullptr;
    std::string_view left = output;
    while (!left.empty()) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        std::string_view line = left.substr(0, end);
        if (!line.empty() && line.back() == '\r')
            line.remove_suffix(1);
        if (line.substr(0, std::string_view(kMark).size()) == kMark && out.size() < 16)
            current = &out[std::string(line.substr(std::string_view(kMark).size(), 32))];
        else if (current != nullptr)
            (*current += line) += '\n';
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    return out;
}

std::string trimmed(const std::string& text)
{
    const std::size_t from = text.find_first_not_of(" \t\r\n");
    const std::size_t to = text.find_last_not_of(" \t\r\n");
    return from == std::string::npos ? std::string() : text.substr(from, to - from + 1);
}

constexpr const char* mark(const char* text)
{
    return translatable("Bootstrap", text);
}

// What a serial line tells of the way, and whether that is bad.
struct Sign {
    const char* part;
    StageState state;
    const char* words; // empty: the line itself
};
constexpr Sign kSigns[] = {
    {"Linux version", StageState::Active, mark("the kernel starts")},
    {"Kernel panic", StageState::Failed, ""},
    {"No bootable device", StageState::Failed, ""},
    {"Boot failed", StageState::Failed, ""},
    {"emergency mode", StageState::Failed, ""},
    {"Out of memory: Killed", StageState::Failed, ""},
    {"Failed to start", StageState::Failed, ""},
    {"[FAILED]", StageState::Failed, ""},
    {"Reached target Network", StageState::Active, mark("the network is up")},
    {"Reached target \x1b[0;1;39mNetwork", StageState::Active, mark("the network is up")},
    {"Initial cloud-init job", StageState::Active, ""},
    {"OpenBSD Secure Shell server", StageState::Active, mark("the SSH server has started")},
    {"OpenSSH", StageState::Active, mark("the SSH server has started")},
    {"[preflight]", StageState::Active, mark("kubeadm begins")},
    {"[kubelet-start] Starting", StageState::Active, mark("kubeadm starts the kubelet")},
    {"This node has joined the cluster", StageState::Done, mark("kubeadm: this node has joined the cluster")},
    {"control-plane has initialized successfully", StageState::Done,
     mark("kubeadm: the control plane is initialised")},
    {"error execution phase", StageState::Failed, ""},
    {"[ERROR ", StageState::Failed, ""},
    {"Execute cloud user/final scripts", StageState::Active, mark("cloud-init's last scripts have run")},
    {" login:", StageState::Active, mark("a login prompt")},
};

bool isKubeadmError(const std::string& line)
{
    return has(line, "error execution phase") || has(line, "[ERROR ") ||
           has(line, "couldn't validate the identity of the API Server") ||
           has(line, "timed out waiting for the condition");
}

// kubectl's exit status of ssh itself: it never ran anything.
constexpr int kSshFailed = 255;

} // namespace

std::string insideScript()
{
    // No tool is sure to be there; each says so itself. sudo -n never asks.
    return "echo @@strata:sentinel; cat /run/cluster-api/bootstrap-success.complete 2>/dev/null || echo "
           "missing; "
           "echo @@strata:cloud-init; cloud-init status --long 2>/dev/null || echo 'status: unknown'; "
           "echo @@strata:kubelet; systemctl is-active kubelet 2>/dev/null; "
           "echo @@strata:kubelet-log; sudo -n journalctl -u kubelet -n 40 --no-pager -o short-iso "
           "2>/dev/null; "
           "echo @@strata:output; sudo -n tail -n 80 /var/log/cloud-init-output.log 2>/dev/null; "
           "echo @@strata:end";
}

void Bootstrap::set(Stage stage, StageState state, std::string words, UnixMs when)
{
    StageReport& report = m_state.stages[static_cast<std::size_t>(stage)];
    if (report.state != state)
        report.since = when;
    report.state = state;
    report.words = std::move(words);
}

void Bootstrap::moment(UnixMs when, Moment::Source source, StageState state, std::string text)
{
    Moment made{when, source, state, cleanText(text, kMostLine)};
    for (auto known = m_state.moments.rbegin(); known != m_state.moments.rend(); ++known) {
        if (known->source == source && known->text == made.text &&
            (known->at == when || source != Moment::Source::Serial))
            return;
    }
    const auto after = std::upper_bound(m_state.moments.begin(), m_state.moments.end(), when,
                                        [](UnixMs value, const Moment& each) { return value < each.at; });
    m_state.moments.insert(after, std::move(made));
    if (m_state.moments.size() > kMostMoments)
        m_state.moments.erase(m_state.moments.begin());
}

void Bootstrap::takeInstance(const Result<std::string>& json, UnixMs now)
{
    using Source = Moment::Source;
    m_state.heard = now;
    if (!json) {
        m_instance = false;
        m_noInstance =
            json.error().kind == ErrorKind::NotFound
                ? std::string()
                : json.error().text + (json.error().detail.empty() ? "" : " " + json.error().detail);
        judge(now);
        return;
    }
    const Json vmi = Json::parse(*json, nullptr, false);
    const Json& status = at(vmi, "status");
    m_instance = vmi.is_object();
    m_phase = textOf(status, "phase");
    m_uid = textOf(at(vmi, "metadata"), "uid");
    m_address.clear();
    const Json& interfaces = at(status, "interfaces");
    if (interfaces.is_array() && !interfaces.empty())
        m_address = textOf(interfaces[0], "ipAddress");
    if (const auto created = parseRfc3339(textOf(at(vmi, "metadata"), "creationTimestamp")))
        moment(*created, Source::Vm, StageState::Active, tr("the VM instance was made"));
    const Json& times = at(status, "phaseTransitionTimestamps");
    for (const Json& each : times.is_array() ? times : Json::array()) {
        const std::string phase = textOf(each, "phase");
        const auto when = parseRfc3339(textOf(each, "phaseTransitionTimestamp"));
        if (!when || phase.empty())
            continue;
        if (phase == "Running")
            m_runningSince = *when;
        const bool bad = phase == "Failed";
        moment(*when, Source::Vm,
               bad                  ? StageState::Failed
               : phase == "Running" ? StageState::Done
                                    : StageState::Active,
               tr("the VM is in phase %1", {phase}));
    }
    m_paused = m_agent = false;
    m_unscheduled.clear();
    const Json& conditions = at(status, "conditions");
    for (const Json& each : conditions.is_array() ? conditions : Json::array()) {
        const std::string type = textOf(each, "type");
        const bool on = textOf(each, "status") == "True";
        const auto when = parseRfc3339(textOf(each, "lastTransitionTime"));
        if (type == "Paused" && on) {
            m_paused = true;
            moment(when.value_or(now), Source::Vm, StageState::Failed,
                   tr("the VM is paused: %1", {textOf(each, "reason")}));
        } else if (type == "AgentConnected" && on) {
            m_agent = true;
            moment(when.value_or(now), Source::Vm, StageState::Done, tr("the guest agent answers"));
        } else if (type == "PodScheduled" && !on) {
            m_unscheduled = textOf(each, "message");
            if (m_unscheduled.empty())
                m_unscheduled = textOf(each, "reason");
        }
    }
    if (m_phase == "Running" && m_runningSince == 0)
        m_runningSince = now;
    judge(now);
}

void Bootstrap::takePort(bool open, const std::string& words, UnixMs now)
{
    m_state.heard = now;
    if (open && !m_portOpen)
        moment(now, Moment::Source::Port, StageState::Done, tr("port 22 answers: %1", {words}));
    if (!open) {
        if (m_portSince == 0)
            m_portSince = now;
        moment(now, Moment::Source::Port, StageState::Active, tr("port 22 does not answer: %1", {words}));
    }
    m_portOpen = open;
    m_portWords = cleanText(words, 300);
    judge(now);
}

void Bootstrap::noteSerial(const std::string& words, UnixMs now)
{
    m_serialOpen = true;
    moment(now, Moment::Source::Serial, StageState::Unknown, words);
    judge(now);
}

void Bootstrap::takeSerial(std::string_view bytes, UnixMs now)
{
    m_serialOpen = true;
    m_serialHeard = m_state.heard = now;
    while (!bytes.empty()) {
        const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
        if (m_serialRest.size() < kMostLine * 4)
            m_serialRest.append(bytes.substr(0, std::min(end, kMostLine * 4)));
        if (end == bytes.size())
            break;
        serialLine(std::exchange(m_serialRest, {}), now);
        bytes.remove_prefix(end + 1);
    }
    // A prompt waits behind no line's end.
    if (has(m_serialRest, " login:"))
        serialLine(std::exchange(m_serialRest, {}), now);
    judge(now);
}

void Bootstrap::serialLine(std::string line, UnixMs now)
{
    const std::string clean = cleanLogText(line, kMostLine);
    if (clean.empty())
        return;
    m_state.serial.push_back(clean);
    while (m_state.serial.size() > kMostSerial)
        m_state.serial.pop_front();
    for (const Sign& sign : kSigns) {
        if (!has(clean, sign.part) && !has(line, sign.part))
            continue;
        moment(now, Moment::Source::Serial, sign.state,
               *sign.words != '\0' ? translate("Bootstrap", marked(sign.words)) : clean);
        if (isKubeadmError(clean))
            m_kubeadm = clean;
        else if (sign.state == StageState::Failed && !has(clean, "Failed to start") &&
                 !has(clean, "[FAILED]"))
            m_panic = clean;
        return;
    }
}

void Bootstrap::takeInside(int exitCode, const std::string& output, UnixMs now)
{
    m_state.heard = now;
    auto sections = sectionsOf(output);
    if (exitCode == kSshFailed || sections.count("end") == 0) {
        const std::vector<std::string> words = linesOf(output);
        m_refused = words.empty() ? tr("ssh ended with status %1", {std::to_string(exitCode)}) : words.back();
        if (!m_inside)
            moment(now, Moment::Source::Inside, StageState::Active, tr("ssh: %1", {m_refused}));
        judge(now);
        return;
    }
    if (!m_inside)
        moment(now, Moment::Source::Inside, StageState::Done, tr("the tenant's key lets us in"));
    m_inside = true;
    m_refused.clear();
    const std::string sentinel = cleanText(trimmed(sections["sentinel"]), 100);
    if (sentinel != m_sentinel && sentinel != "missing")
        moment(now, Moment::Source::Inside, sentinel == "success" ? StageState::Done : StageState::Failed,
               tr("bootstrap-success.complete says “%1”", {sentinel}));
    m_sentinel = sentinel;
    std::string status = "unknown";
    std::string detail;
    bool errors = false;
    for (const std::string& line : linesOf(sections["cloud-init"])) {
        if (line.rfind("status:", 0) == 0)
            status = trimmed(line.substr(7));
        else if (line.rfind("detail:", 0) == 0)
            detail = trimmed(line.substr(7));
        else if (line.rfind("errors:", 0) == 0)
            errors = true;
        else if (errors && line.find_first_not_of(" -\t") != std::string::npos &&
                 line.find(':') == std::string::npos)
            detail = trimmed(line);
    }
    if (status != m_cloudStatus)
        moment(now, Moment::Source::Inside,
               status == "done"                            ? StageState::Done
               : status == "error" || status == "degraded" ? StageState::Failed
                                                           : StageState::Active,
               tr("cloud-init: %1", {status}) + (detail.empty() ? "" : " · " + detail));
    m_cloudStatus = status;
    m_cloudDetail = detail;
    const std::string kubelet = cleanText(trimmed(sections["kubelet"]), 60);
    if (kubelet != m_kubeletState && !kubelet.empty())
        moment(now, Moment::Source::Inside,
               kubelet == "active"   ? StageState::Done
               : kubelet == "failed" ? StageState::Failed
                                     : StageState::Active,
               tr("kubelet: %1", {kubelet}));
    m_kubeletState = kubelet;
    m_state.kubelet = linesOf(sections["kubelet-log"]);
    m_state.cloudInit = linesOf(sections["output"]);
    std::string error;
    for (const std::string& line : m_state.cloudInit) {
        if (isKubeadmError(line))
            error = line;
    }
    if (!error.empty() && error != m_kubeadm)
        moment(now, Moment::Source::Inside, StageState::Failed, error);
    if (!m_state.cloudInit.empty())
        m_kubeadm = error;
    judge(now);
}

bool Bootstrap::wantsInside() const
{
    return m_portOpen && m_state.outcome != StageState::Done;
}

void Bootstrap::judge(UnixMs now)
{
    using S = StageState;
    const bool placed = m_instance && (m_phase == "Scheduled" || m_phase == "Running" ||
                                       m_phase == "Succeeded" || m_phase == "Failed");
    const bool running = m_instance && m_phase == "Running";
    const bool done = m_sentinel == "success";
    const bool talks = m_agent || m_portOpen || m_inside ||
                       std::any_of(m_state.moments.begin(), m_state.moments.end(), [](const Moment& each) {
                           return each.source == Moment::Source::Serial && each.state != S::Unknown;
                       });
    set(Stage::Placed, placed ? S::Done : S::Active,
        placed                  ? tr("a node was found")
        : m_unscheduled.empty() ? m_phase
                                : m_unscheduled,
        now);
    set(Stage::Running,
        running  ? (m_paused ? S::Failed : S::Done)
        : placed ? S::Active
                 : S::Pending,
        running ? (m_paused ? tr("paused") : m_address) : m_phase, running ? m_runningSince : now);
    set(Stage::Booted,
        !m_panic.empty() ? S::Failed
        : talks          ? S::Done
        : running        ? S::Active
                         : S::Pending,
        !m_panic.empty() ? m_panic
        : talks          ? tr("its system talks")
        : running        ? tr("nothing heard of its system yet")
                         : std::string(),
        now);
    set(Stage::Ssh, m_portOpen || m_inside ? S::Done : running ? S::Active : S::Pending, m_portWords, now);
    const bool cloudBad = m_cloudStatus == "error";
    set(Stage::CloudInit,
        m_cloudStatus == "done" || m_cloudStatus == "degraded" || done ? S::Done
        : cloudBad                                                     ? S::Failed
        : m_inside                                                     ? S::Active
        : m_portOpen                                                   ? S::Unknown
                                                                       : S::Pending,
        m_inside     ? m_cloudStatus + (m_cloudDetail.empty() ? "" : " · " + m_cloudDetail)
        : m_portOpen ? m_refused
                     : std::string(),
        now);
    set(Stage::Kubelet,
        m_kubeletState == "active"   ? S::Done
        : m_kubeletState == "failed" ? S::Failed
        : m_inside                   ? S::Active
                                     : S::Pending,
        m_kubeletState, now);
    set(Stage::Sentinel,
        done       ? S::Done
        : m_inside ? S::Active
                   : S::Pending,
        done                      ? tr("success")
        : m_sentinel == "missing" ? tr("not written yet")
                                  : m_sentinel,
        now);

    BootstrapState& out = m_state;
    const auto say = [&out](S outcome, std::string verdict, std::string advice = {}) {
        out.outcome = outcome;
        out.verdict = std::move(verdict);
        out.advice = std::move(advice);
    };
    if (done) {
        say(S::Done, tr("The machine is bootstrapped: its sentinel file says “success”."));
        return;
    }
    if (!m_instance) {
        say(S::Active, m_noInstance.empty() ? tr("There is no VM instance yet: its disks may still be made.")
                                            : m_noInstance);
        return;
    }
    if (m_phase == "Failed" || m_phase == "Succeeded") {
        say(S::Failed, tr("The VM has ended (phase %1).", {m_phase}),
            tr("Look at its launcher's log and at the VM's conditions."));
        return;
    }
    if (!running) {
        say(S::Active, m_unscheduled.empty() ? tr("The VM does not run yet: it is in phase %1.", {m_phase})
                                             : tr("No node takes the VM: %1", {m_unscheduled}));
        return;
    }
    if (m_paused) {
        say(S::Failed, tr("The VM is paused: nothing in it goes on."),
            tr("Resume it, or look why it was paused."));
        return;
    }
    if (!m_panic.empty()) {
        say(S::Failed, tr("The guest does not boot: %1", {m_panic}),
            tr("Look at the serial line; the image or its size of memory may be wrong."));
        return;
    }
    if (m_inside) {
        if (!m_kubeadm.empty()) {
            say(S::Failed, tr("kubeadm failed: %1", {m_kubeadm}),
                has(m_kubeadm, "identity of the API Server") || has(m_kubeadm, "timed out")
                    ? tr("The machine may not reach the cluster's endpoint: look at its load balancer and "
                         "network.")
                    : tr("Its output is under “cloud-init”."));
        } else if (cloudBad) {
            say(S::Failed, tr("cloud-init failed: %1", {m_cloudDetail.empty() ? "error" : m_cloudDetail}),
                tr("Its output is under “cloud-init”."));
        } else if (m_kubeletState == "failed") {
            say(S::Failed,
                tr("The kubelet does not stay up: %1",
                   {m_state.kubelet.empty() ? std::string("failed") : m_state.kubelet.back()}),
                tr("Its log is under “kubelet”."));
        } else if (m_cloudStatus == "done" || m_cloudStatus == "degraded") {
            say(S::Failed,
                tr("cloud-init has finished, yet the sentinel file is not there: its last command failed."),
                tr("Its output is under “cloud-init”. The image may lack kubeadm or be of another version."));
        } else {
            say(S::Active, tr("cloud-init is at work: %1",
                              {m_state.cloudInit.empty() ? m_cloudStatus : m_state.cloudInit.back()}));
        }
        return;
    }
    if (m_portOpen) {
        if (has(m_refused, "Permission denied") || has(m_refused, "publickey"))
            say(S::Active,
                tr("SSH answers but does not take the tenant's key: cloud-init has not made the user yet."),
                tr("When it stays so, the image has no cloud-init, or the user data is not read."));
        else
            say(S::Active, m_refused.empty() ? tr("SSH answers; looking inside.")
                                             : tr("SSH answers but cannot be used: %1", {m_refused}));
        return;
    }
    if (m_portSince == 0) {
        say(S::Active, tr("The VM runs; whether it boots is being looked at."));
        return;
    }
    const UnixMs up = m_runningSince == 0 ? 0 : now - m_runningSince;
    if (m_address.empty() && up > kSilence)
        say(S::Active, tr("The guest has got no address."),
            tr("Look at its network and at the serial line: DHCP, or no driver for the network card."));
    else if (!talks && m_serialOpen && up > kSilence)
        say(S::Active, tr("The guest prints nothing on its serial line since it was started."),
            tr("The image may not boot, or has no console there: look at its screen."));
    else if (up > kSlowBoot)
        say(S::Active,
            tr("The guest has run for %1 minutes and port 22 does not answer: %2",
               {std::to_string(up / 60'000), m_portWords}),
            tr("Look at the serial line. With a bridge network CAPK must reach the VM's own address."));
    else
        say(S::Active, tr("The guest boots; port 22 does not answer yet."));
}

} // namespace strata::console
