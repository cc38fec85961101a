// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/common.h"
#include "core/feeds/kinds/kinds.h"
#include "core/stack/amount.h"

#include <algorithm>
#include <string_view>
#include <vector>

// core/v1 Pod (Kubernetes api/core/v1/types.go).
namespace strata::feeds {
namespace {

void raise(stack::Amount& top, const stack::Amount& value)
{
    top.cpuMilli = std::max(top.cpuMilli, value.cpuMilli);
    top.memoryBytes = std::max(top.memoryBytes, value.memoryBytes);
}

// What the scheduler sets aside (component-helpers resource.PodRequests): the containers together with the
// sidecars (init containers that are restarted always) that run beside them, or more when an ordinary init
// container, beside the sidecars started before it, needs more; a request of the pod as a whole goes before
// that; the overhead of its runtime class comes on top.
stack::Amount requestsOf(const Json& spec)
{
    stack::Amount running;
    spec["containers"].each(
        [&](const Json& container) { add(running, readAmount(container["resources"]["requests"])); });
    stack::Amount sidecars;
    stack::Amount starting;
    spec["initContainers"].each([&](const Json& container) {
        const stack::Amount own = readAmount(container["resources"]["requests"]);
        if (container["restartPolicy"].raw() == "Always") {
            add(running, own);
            add(sidecars, own);
            raise(starting, sidecars);
        } else {
            stack::Amount then = sidecars;
            add(then, own);
            raise(starting, then);
        }
    });
    raise(running, starting);
    const stack::Amount whole = readAmount(spec["resources"]["requests"]);
    if (whole.cpuMilli >= 0)
        running.cpuMilli = whole.cpuMilli;
    if (whole.memoryBytes >= 0)
        running.memoryBytes = whole.memoryBytes;
    add(running, readAmount(spec["overhead"]));
    return running;
}

struct Trouble {
    int rank = 0;
    std::string reason;
    std::string message;

    void worsen(int newRank, std::string newReason, std::string newMessage)
    {
        if (newRank <= rank)
            return;
        rank = newRank;
        reason = std::move(newReason);
        message = std::move(newMessage);
    }
};

// A container's state: 3 failing, 2 ended badly, 1 not started yet.
void judge(const Json& status, bool mayFinish, Trouble& trouble)
{
    const Json waiting = status["state"]["waiting"];
    if (const std::string reason = waiting["reason"].text(); !reason.empty()) {
        const bool starting = reason == "ContainerCreating" || reason == "PodInitializing";
        trouble.worsen(starting ? 1 : 3, reason, waiting["message"].text());
        return;
    }
    const Json terminated = status["state"]["terminated"];
    if (!terminated.exists())
        return;
    const std::int64_t code = terminated["exitCode"].number(0);
    const std::int64_t signal = terminated["signal"].number(0);
    if (code == 0 && signal == 0 && mayFinish)
        return;
    std::string reason = terminated["reason"].text();
    if (reason.empty())
        reason = signal != 0 ? "Signal:" + std::to_string(signal) : "ExitCode:" + std::to_string(code);
    trouble.worsen(code == 0 && signal == 0 ? 1 : 2, reason, terminated["message"].text());
}

} // namespace

stack::PodFact readPod(const Json& object, const std::string& apiVersion)
{
    stack::PodFact pod;
    pod.meta = readMeta(object, apiVersion);
    const Json spec = object["spec"];
    const Json status = object["status"];
    pod.nodeName = spec["nodeName"].common();
    pod.phase = status["phase"].common();
    pod.ip = status["podIP"].kept();
    pod.launcherOf = object["metadata"]["labels"]["kubevirt.io/created-by"].kept();
    pod.templateHash = readLabel(object, "pod-template-hash");
    pod.isStatic = object["metadata"]["annotations"]["kubernetes.io/config.mirror"].exists();
    pod.requests = requestsOf(spec);

    std::vector<std::string_view> sidecars;
    spec["initContainers"].each([&](const Json& container) {
        if (container["restartPolicy"].raw() == "Always")
            sidecars.push_back(container["name"].raw());
    });
    pod.containers = static_cast<unsigned>(sidecars.size());
    spec["containers"].each([&pod](const Json&) { ++pod.containers; });

    Trouble trouble;
    const auto count = [&](const Json& container) {
        if (container["ready"].flag())
            ++pod.readyContainers;
        pod.restarts += static_cast<unsigned>(
            std::clamp<std::int64_t>(container["restartCount"].number(0), 0, 1'000'000));
    };
    status["initContainerStatuses"].each([&](const Json& container) {
        const bool sidecar =
            std::find(sidecars.begin(), sidecars.end(), container["name"].raw()) != sidecars.end();
        if (sidecar)
            count(container);
        judge(container, true, trouble);
    });
    // A container that ended well while others run on is over only where it is not to be started again.
    const bool mayFinish = spec["restartPolicy"].raw() != "Always" || pod.phase == "Succeeded";
    status["containerStatuses"].each([&](const Json& container) {
        count(container);
        judge(container, mayFinish, trouble);
    });
    if (pod.phase != "Succeeded") {
        pod.reason = SharedText::common(trouble.reason);
        pod.message = SharedText::common(trouble.message);
    }

    status["conditions"].each([&](const Json& condition) {
        const std::string_view type = condition["type"].raw();
        const std::string_view state = condition["status"].raw();
        if (type == "Ready")
            pod.ready = state == "True";
        else if (type == "PodScheduled" && state == "False" && trouble.rank == 0) {
            pod.reason = condition["reason"].common(); // "Unschedulable", "SchedulingGated"
            pod.message = condition["message"].common();
        }
    });
    // The pod's own reason ("Evicted", "NodeLost") says more than its containers'.
    if (const SharedText reason = status["reason"].common(); !reason.empty()) {
        pod.reason = reason;
        pod.message = status["message"].common();
    }
    return pod;
}

} // namespace strata::feeds
