// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/diagnose.h"

#include "app/execpermission.h"
#include "app/firstpicture.h"
#include "core/base/timestamp.h"
#include "core/base/translate.h"
#include "core/diagnosis/capacity.h"
#include "core/diagnosis/report.h"

#include <algorithm>
#include <iostream>

namespace strata::app {
namespace {

// A tenant's API that is away is a problem itself; what the operator named must have been looked at.
bool lookedAtAll(const stack::Stack& stack)
{
    for (const stack::SourceId id : stack.sources()) {
        const stack::SourceState* source = stack.source(id);
        if (source->kind != stack::SourceKind::InnerCluster &&
            (!source->synced || source->phase == stack::LinkPhase::Waiting))
            return false;
    }
    return true;
}

} // namespace

int runDiagnose(const CommandLine& line)
{
    if (line.rules) {
        std::cout << (line.json ? diagnosis::rulesJson() + "\n" : diagnosis::rulesText());
        std::cout.flush();
        return 0;
    }
    diagnosis::Diagnosis diagnosis;
    if (!line.ownRules.empty()) {
        Result<std::vector<diagnosis::OwnRule>> own = diagnosis::readOwnRulesFrom(line.ownRules);
        if (!own) {
            complain(own.error());
            return 2;
        }
        diagnosis.setOwnRules(std::move(*own));
    }
    Connections connections(headlessExecPlugins(line.allowExec));
    if (const Result<void> opened = connections.open(line); !opened) {
        complain(opened.error());
        return 2;
    }
    stack::Stack stack;
    takeFirstPicture(connections.site(), line.timeoutSeconds,
                     [&](const stack::Batch& batch) { diagnosis.apply(stack, batch, systemNow()); });
    const std::vector<diagnosis::Problem> problems = diagnosis.problems(stack);
    if (line.json) {
        std::cout << diagnosis::problemsJson(stack, problems) << "\n";
    } else {
        const std::string text = diagnosis::problemsText(stack, problems, systemNow(), line.notes);
        const bool none =
            std::none_of(problems.begin(), problems.end(), [](const diagnosis::Problem& problem) {
                return problem.root.severity != diagnosis::Severity::Info;
            });
        if (none)
            std::cout << translate("Headless", "No problems: all that is known is healthy.") << "\n";
        std::cout << text;
    }
    std::cout.flush();
    reportSources(stack);
    if (!lookedAtAll(stack))
        return 2;
    return std::any_of(problems.begin(), problems.end(),
                       [](const diagnosis::Problem& problem) {
                           return problem.root.severity != diagnosis::Severity::Info;
                       })
               ? 1
               : 0;
}

int runCapacity(const CommandLine& line)
{
    Connections connections(headlessExecPlugins(line.allowExec));
    if (const Result<void> opened = connections.open(line); !opened) {
        complain(opened.error());
        return 2;
    }
    stack::Stack stack;
    takeFirstPicture(connections.site(), line.timeoutSeconds,
                     [&stack](const stack::Batch& batch) { stack.apply(batch); });
    std::vector<stack::Amount> sizes = line.sizes;
    if (sizes.empty())
        sizes = {{2000, 4LL << 30U}, {8000, 16LL << 30U}};
    const diagnosis::Capacity capacity = diagnosis::capacityOf(stack);
    std::cout << (line.json ? diagnosis::capacityJson(capacity, stack, sizes) + "\n"
                            : diagnosis::capacityText(capacity, stack, sizes));
    std::cout.flush();
    reportSources(stack);
    return lookedAtAll(stack) ? 0 : 2;
}

} // namespace strata::app
