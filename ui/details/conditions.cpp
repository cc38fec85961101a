// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/conditions.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace strata::ui {
namespace {

using stack::Health;
using namespace std::string_view_literals;

template<std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view type)
{
    return std::find(list.begin(), list.end(), type) != list.end();
}

// True says that work is going on.
constexpr std::array kWork = {"RollingOut"sv,
                              "ScalingUp"sv,
                              "ScalingDown"sv,
                              "Remediating"sv,
                              "Deleting"sv,
                              "Updating"sv,
                              "Progressing"sv,
                              "Provisioning"sv,
                              "Resizing"sv,
                              "Terminating"sv,
                              "MachinesSpecUpToDatePending"sv};
// True wants attention.
constexpr std::array kWarns = {"MemoryPressure"sv,
                               "DiskPressure"sv,
                               "PIDPressure"sv,
                               "Paused"sv,
                               "RestartRequired"sv,
                               "AgentVersionNotSupported"sv,
                               "FrequentKubeletRestart"sv,
                               "FrequentDockerRestart"sv,
                               "FrequentContainerdRestart"sv,
                               "FrequentUnregisterNetDevice"sv,
                               "EvictionRequested"sv,
                               "migrationAbortRequested"sv};
// True is a fault.
constexpr std::array kFaults = {"NetworkUnavailable"sv,
                                "Failure"sv,
                                "ManualRecoveryRequired"sv,
                                "Degraded"sv,
                                "Stalled"sv,
                                "KernelDeadlock"sv,
                                "ReadonlyFilesystem"sv,
                                "VMPaused"sv,
                                "CorruptDockerOverlay2"sv,
                                "migrationRejectedByResourceQuota"sv};
// False of these says that the object does not do its work; of other positive types it wants attention.
constexpr std::array kVital = {"Ready"sv, "Available"sv, "NodeReady"sv, "NodeHealthy"sv};
// False of these is a property, not a fault.
constexpr std::array kProperties = {"AgentConnected"sv, "StorageLiveMigratable"sv, "IsMigratable"sv};

Health whenTrueIsBad(const stack::Condition& condition, Health bad)
{
    if (condition.status == "True") {
        if (condition.type == "Paused" && condition.reason == "PausedIOError")
            return Health::Failed;
        return bad;
    }
    return condition.status == "False" ? Health::Ok : Health::Unknown;
}

} // namespace

Health conditionHealth(const stack::Condition& condition)
{
    const std::string_view type = condition.type;
    if (among(kWork, type))
        return whenTrueIsBad(condition, Health::Progressing);
    if (among(kWarns, type))
        return whenTrueIsBad(condition, Health::Warning);
    if (among(kFaults, type))
        return whenTrueIsBad(condition, Health::Failed);
    // Types we do not know, by the words they end with.
    for (const std::string_view ending :
         {"Pressure"sv, "Problem"sv, "Failure"sv, "Failed"sv, "Unavailable"sv, "Unhealthy"sv, "Deadlock"sv,
          "Exceeded"sv, "NotSupported"sv, "Error"sv, "Blocked"sv}) {
        if (type.ends_with(ending))
            return whenTrueIsBad(condition, Health::Warning);
    }
    if (condition.status == "True")
        return Health::Ok;
    if (condition.status != "False")
        return Health::Unknown;
    if (among(kProperties, type))
        return Health::Unknown;
    if (condition.severity == "Info")
        return Health::Progressing;
    if (condition.severity == "Warning")
        return Health::Warning;
    if (condition.severity == "Error")
        return Health::Failed;
    return among(kVital, type) || type.ends_with("Healthy") ? Health::Failed : Health::Warning;
}

} // namespace strata::ui
