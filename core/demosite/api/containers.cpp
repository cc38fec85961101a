// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/containers.h"

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/demosite/guest/shell.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::demosite {
namespace {

constexpr UnixMs kUnknownProgram = 5000; // how long one runs that the shell does not know
constexpr UnixMs kLongest = UnixMs{7} * 24 * 3600 * 1000;
constexpr std::size_t kMostLines = 10'000;

// What the downward API gives for a field.
std::string fieldOf(const Json& pod, const std::string& path)
{
    const std::size_t quote = path.find("['");
    if (quote == std::string::npos)
        return text(pod, path);
    const Json* map = find(pod, path.substr(0, quote));
    const std::string key = path.substr(quote + 2, path.rfind("']") - quote - 2);
    return map != nullptr && map->is_object() && map->contains(key) && (*map)[key].is_string()
               ? (*map)[key].get<std::string>()
               : std::string();
}

} // namespace

std::vector<std::string> commandOf(const Json& container)
{
    std::vector<std::string> out;
    for (const char* part : {"command", "args"}) {
        if (const Json* words = find(container, part); words != nullptr && words->is_array()) {
            for (const Json& word : *words)
                out.push_back(word.is_string() ? word.get<std::string>() : std::string());
        }
    }
    return out;
}

const Json* containerNamed(const Json& pod, std::string_view name)
{
    for (const char* list : {"spec.containers", "spec.initContainers", "spec.ephemeralContainers"}) {
        const Json* all = find(pod, list);
        for (std::size_t i = 0; all != nullptr && all->is_array() && i < all->size(); ++i) {
            if (text((*all)[i], "name") == name)
                return &(*all)[i];
        }
    }
    return nullptr;
}

Machine machineOf(const Json& pod, const Json& container)
{
    Machine machine;
    machine.hostname = text(pod, text(pod, "spec.hostPID") == "true" ? "spec.nodeName" : "metadata.name");
    machine.address = text(pod, "status.podIP");
    machine.started = parseRfc3339(text(pod, "status.startTime")).value_or(0);
    if (const auto memory = parseQuantity(text(container, "resources.requests.memory")))
        machine.memoryMi = static_cast<long>(*memory >> 20);
    for (const std::string& word : commandOf(container))
        machine.program += (machine.program.empty() ? "" : " ") + word;
    if (machine.program.empty())
        machine.program = text(container, "name");
    furnish(machine);
    if (const Json* env = find(container, "env"); env != nullptr && env->is_array()) {
        for (const Json& entry : *env) {
            const std::string path = text(entry, "valueFrom.fieldRef.fieldPath");
            machine.environment[text(entry, "name")] =
                path.empty() ? text(entry, "value") : fieldOf(pod, path);
        }
    }
    machine.files["/var/run/secrets/kubernetes.io/serviceaccount/namespace"] =
        text(pod, "metadata.namespace");
    return machine;
}

Course courseOf(const Json& pod, const Json& container)
{
    Course course;
    if (text(container, "stdin") == "true") {
        course.ends = false;
        return course;
    }
    course.after = kUnknownProgram;
    const std::vector<std::string> command = commandOf(container);
    UnixMs now = 0;
    Shell shell(machineOf(pod, container), [&now] { return now; });
    if (command.empty() || !shell.knows(command.front()))
        return course;
    shell.submitCommand(command);
    std::vector<std::pair<UnixMs, std::string>> said;
    while (shell.busy() && !shell.exited() && now <= kLongest && said.size() < kMostLines) {
        Output output;
        shell.step(output);
        if (output.err.find(": not found\n") != std::string::npos)
            return course; // more than this shell can do
        for (const std::string& line : split(output.out + output.err, '\n')) {
            if (!line.empty())
                said.emplace_back(now, line);
        }
        now = std::max(now, shell.wakeAt());
    }
    course.followed = true;
    course.after = std::max<UnixMs>(now, 500);
    course.status = shell.exited().value_or(shell.lastStatus());
    course.lines = std::move(said);
    return course;
}

} // namespace strata::demosite
