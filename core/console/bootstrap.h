// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/timestamp.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

// How far a machine of a tenant cluster has come from its VM to a bootstrapped node, from all that can be
// seen from outside and (with the tenant's key) from inside; and, while it is not there, why not.
namespace strata::console {

enum class Stage : std::uint8_t {
    Placed,    // a node was found for the VM, and its disks
    Running,   // the VM runs
    Booted,    // its system talks on the serial line, or answers
    Ssh,       // something answers on port 22
    CloudInit, // the user data has been worked off
    Kubelet,   // the kubelet runs
    Sentinel,  // /run/cluster-api/bootstrap-success.complete says "success": what CAPK waits for
};
inline constexpr std::size_t kStages = 7;

enum class StageState : std::uint8_t { Pending, Active, Done, Failed, Unknown };

struct StageReport {
    StageState state = StageState::Pending;
    UnixMs since = 0;  // of that state, 0 while pending
    std::string words; // what was seen, a sentence or less
};

// One point on the time line.
struct Moment {
    enum class Source : std::uint8_t { Vm, Serial, Port, Inside };
    UnixMs at = 0;
    Source source = Source::Vm;
    StageState state = StageState::Active; // Failed stands out
    std::string text;
};

struct BootstrapState {
    std::array<StageReport, kStages> stages;
    StageState outcome = StageState::Active; // Done: bootstrapped; Failed: it will not get there by itself
    std::string verdict;                     // why it is not there yet, or that it is
    std::string advice;                      // what can be done; empty when waiting is all
    std::vector<Moment> moments;             // oldest first
    std::deque<std::string> serial;          // lines, cleaned
    std::vector<std::string> cloudInit;      // the end of its output
    std::vector<std::string> kubelet;        // the end of its log
    UnixMs heard = 0;                        // when anything was seen last

    const StageReport& at(Stage stage) const { return stages[static_cast<std::size_t>(stage)]; }
};

// Takes what was seen in any order and works out the state. Values and text only; one thread. All that comes
// in is untrusted: kept within bounds, cleaned.
class Bootstrap {
public:
    static constexpr std::size_t kMostMoments = 400;
    static constexpr std::size_t kMostSerial = 500; // lines
    static constexpr std::size_t kMostLine = 400;   // bytes

    // The VirtualMachineInstance as JSON, or why there is none.
    void takeInstance(const Result<std::string>& json, UnixMs now);
    // A try to reach port 22: empty when something answered.
    void takePort(bool open, const std::string& words, UnixMs now);
    void takeSerial(std::string_view bytes, UnixMs now); // any cut
    void noteSerial(const std::string& words, UnixMs now);
    // What insideScript() printed, or why it could not be run (ssh's words).
    void takeInside(int exitCode, const std::string& output, UnixMs now);

    const BootstrapState& state() const { return m_state; }
    const std::string& uid() const { return m_uid; } // of the instance; empty while there is none
    bool wantsInside() const;                        // port 22 answers and it is not bootstrapped

private:
    void set(Stage stage, StageState state, std::string words, UnixMs at);
    void moment(UnixMs at, Moment::Source source, StageState state, std::string text);
    void serialLine(std::string line, UnixMs now);
    void judge(UnixMs now);

    BootstrapState m_state;
    std::string m_serialRest;
    std::string m_phase;
    std::string m_uid;
    std::string m_unscheduled; // why no node was found
    std::string m_address;
    bool m_instance = false;
    bool m_paused = false;
    bool m_agent = false;
    std::string m_noInstance;
    std::string m_panic;   // of the serial line: what went wrong there
    std::string m_kubeadm; // the last error of kubeadm, wherever it was seen
    UnixMs m_runningSince = 0;
    UnixMs m_portSince = 0; // when it was first found closed
    bool m_portOpen = false;
    std::string m_portWords;
    bool m_inside = false;     // ssh let us in
    std::string m_refused;     // why it did not
    std::string m_cloudStatus; // "running", "done", "error", …
    std::string m_cloudDetail;
    std::string m_kubeletState;
    std::string m_sentinel; // its content; "missing"
    UnixMs m_serialHeard = 0;
    bool m_serialOpen = false;
};

// What follows a machine (transports/bootstrapwatch.h), until it goes.
class BootstrapWatch {
public:
    virtual ~BootstrapWatch() = default;
    virtual void setSerial(bool on) = 0; // reads the serial line, whoever had it
};

// The commands that are run inside, for sh.
std::string insideScript();

} // namespace strata::console
