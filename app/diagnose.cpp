// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/diagnose.h"

#include "app/execpermission.h"
#include "app/firstpicture.h"
#include "core/base/timestamp.h"
#include "core/base/translate.h"
#include "core/diagnosis/capacity.h"
#include "core/diagnosis/report.h"
#include "core/inquiry/look.h"

#include <algorithm>
#include <future>
#include <iostream>
#include <map>
#include <mutex>

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

// Asks about the tenants and about what the problems stem from, and lets the answers join the findings.
void askFurther(const feeds::Site& site, stack::Stack& stack, diagnosis::Diagnosis& diagnosis)
{
    constexpr std::size_t most = 50; // items
    constexpr std::size_t batch = 4; // items asked about at once
    std::vector<stack::ItemId> items;
    const auto add = [&](stack::ItemId id) {
        if (id && items.size() < most && std::find(items.begin(), items.end(), id) == items.end())
            items.push_back(id);
    };
    for (const diagnosis::Problem& problem : diagnosis.problems(stack))
        add(problem.root.subject);
    for (const stack::ItemId root : stack.roots(stack::Tree::Tenants)) {
        if (const stack::Item* item = stack.find(root);
            item != nullptr && item->kind == stack::ItemKind::TenantCluster)
            add(root);
    }
    std::map<std::size_t, std::vector<diagnosis::Finding>> found; // by place in `items`
    std::mutex mutex;
    for (std::size_t first = 0; first < items.size(); first += batch) {
        std::vector<inquiry::Question> questions;
        for (std::size_t i = first; i < std::min(first + batch, items.size()); ++i) {
            for (inquiry::Question& question : inquiry::questionsFor(stack, items[i]))
                questions.push_back(std::move(question));
        }
        std::promise<void> over;
        inquiry::Look::Callbacks callbacks;
        callbacks.onAnswer = [&](const inquiry::Question& question, const inquiry::Reading& reading) {
            const std::lock_guard lock(mutex);
            const auto at = std::find(items.begin(), items.end(), question.about.item);
            if (!reading.told)
                std::cerr << question.about.name << ": " << question.what << ": " << reading.said << "\n";
            for (const diagnosis::Finding& finding : reading.findings)
                found[static_cast<std::size_t>(at - items.begin())].push_back(finding);
        };
        callbacks.onEnd = [&over] { over.set_value(); };
        const inquiry::Look look([&site](stack::SourceId source) { return site.newClient(source); },
                                 std::move(questions), std::move(callbacks));
        over.get_future().wait(); // each question ends by itself
    }
    for (auto& [at, findings] : found)
        diagnosis.tell(stack, items[at], std::move(findings), systemNow());
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
    if (line.ask)
        askFurther(connections.site(), stack, diagnosis);
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
