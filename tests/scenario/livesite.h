// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/draft.h"
#include "core/demosite/demosite.h"
#include "core/feeds/site.h"
#include "core/kube/config/kubeconfig.h"
#include "core/provision/api.h"
#include "core/provision/runner.h"

#include <QTemporaryDir>
#include <QtTest>

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

// A demo site in this process, what Strata reads of it over the wire, and plans carried out on it.
namespace strata::test {

class LiveSite {
public:
    static constexpr int kLongMs = 120000;

    explicit LiveSite(const demosite::Options& options)
    {
        auto started = demosite::DemoSite::start(options);
        if (!started)
            return;
        m_demo = std::move(*started);
        const auto file = kube::Kubeconfig::load(m_demo->kubeconfigPath());
        m_outer = m_site.addCluster(*file->resolve(), m_demo->name());
    }

    bool started() const { return m_demo != nullptr; }
    demosite::DemoSite& demo() { return *m_demo; }
    const stack::Stack& stack() const { return m_stack; }
    std::shared_ptr<kube::Client> client() const { return m_site.newClient(m_outer); }

    void look() { m_stack.apply(m_site.take()); }
    bool until(const std::function<bool()>& holds, int longest = kLongMs)
    {
        return QTest::qWaitFor(
            [&] {
                look();
                return holds();
            },
            longest);
    }
    bool settled()
    {
        return until([this] { return m_site.settled() && m_stack.count(stack::ItemKind::Workload) > 0; });
    }

    stack::ItemId find(stack::Tree tree, const std::function<bool(const stack::Item&)>& which) const
    {
        std::vector<stack::ItemId> open = m_stack.roots(tree);
        for (std::size_t i = 0; i < open.size(); ++i) {
            const stack::Item* item = m_stack.find(open[i]);
            if (item == nullptr)
                continue;
            if (which(*item))
                return item->id;
            for (const stack::ItemId child : item->childrenIn(tree))
                open.push_back(child);
        }
        return {};
    }
    stack::ItemId named(stack::ItemKind kind, const std::string& name) const
    {
        const auto tree = kind == stack::ItemKind::OuterNode || kind == stack::ItemKind::Vm
                              ? stack::Tree::Stack
                              : stack::Tree::Tenants;
        return find(tree, [&](const stack::Item& item) { return item.kind == kind && item.name == name; });
    }

    // One request, answered: the body, or the error.
    static Result<kube::Response> send(const std::shared_ptr<kube::Client>& client, kube::Request request)
    {
        std::promise<Result<kube::Response>> promise;
        auto answer = promise.get_future();
        const auto handle = client->send(std::move(request), [&promise](Result<kube::Response> got) {
            promise.set_value(std::move(got));
        });
        return answer.get();
    }
    Result<kube::Response> send(kube::Request request) const { return send(client(), std::move(request)); }

    Result<actions::Draft> draft(const actions::Request& request) const
    {
        actions::Answers answers;
        const auto reached = client();
        while (true) {
            auto made = actions::draftOf(m_stack, request, answers);
            if (!made || made->plan)
                return made;
            std::promise<Result<actions::Answers>> promise;
            auto answer = promise.get_future();
            const auto reading = actions::Reading::start(
                reached, made->ns, made->cluster, made->questions, answers,
                [&promise](Result<actions::Answers> got) { promise.set_value(std::move(got)); });
            auto got = answer.get();
            if (!got)
                return tl::unexpected(got.error());
            answers = std::move(*got);
        }
    }

private:
    std::unique_ptr<demosite::DemoSite> m_demo;
    feeds::Site m_site;
    stack::SourceId m_outer = 0;
    stack::Stack m_stack;
};

// A plan being carried out, its reports kept.
class Run {
public:
    Run(std::shared_ptr<kube::Client> client, const provision::Plan& plan) : m_plan(plan)
    {
        provision::RunOptions options;
        options.journal = m_folder.filePath(QStringLiteral("journal")).toStdString();
        options.pollInterval = std::chrono::milliseconds(30);
        options.retryDelay = std::chrono::milliseconds(10);
        provision::RunCallbacks calls;
        calls.state = [this](const provision::RunReport& report) {
            const std::lock_guard lock(m_mutex);
            m_report = report;
        };
        calls.step = [this](const provision::StepReport& report) {
            const std::lock_guard lock(m_mutex);
            if (!report.evidence.empty())
                m_evidence = report.evidence;
            m_waits = report.state == provision::StepState::Waiting;
        };
        m_runner = std::make_unique<provision::Runner>(std::move(client), plan, options, calls);
        m_runner->start();
    }

    void cancel() { m_runner->cancel(); }
    void undo() { m_runner->undo(); }
    provision::RunReport report() const
    {
        const std::lock_guard lock(m_mutex);
        return m_report;
    }
    std::string evidence() const
    {
        const std::lock_guard lock(m_mutex);
        return m_evidence;
    }
    bool waits() const
    {
        const std::lock_guard lock(m_mutex);
        return m_waits;
    }
    bool over() const
    {
        const provision::RunState state = report().state;
        return state == provision::RunState::Done || state == provision::RunState::Failed ||
               state == provision::RunState::Cancelled || state == provision::RunState::Undone ||
               state == provision::RunState::UndoFailed;
    }
    // How it ended, in words for a failed test.
    std::string words() const
    {
        const provision::RunReport now = report();
        return std::string(provision::toString(now.state)) + ": " +
               (now.error ? now.error->text + " " + now.error->detail : std::string()) + " / " + evidence();
    }

private:
    QTemporaryDir m_folder;
    provision::Plan m_plan;
    mutable std::mutex m_mutex;
    provision::RunReport m_report;
    std::string m_evidence;
    bool m_waits = false;
    std::unique_ptr<provision::Runner> m_runner; // last: it calls back
};

} // namespace strata::test
