// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"
#include "core/demosite/faults.h"
#include "core/diagnosis/diagnosis.h"
#include "core/feeds/site.h"
#include "core/inquiry/look.h"
#include "core/kube/config/kubeconfig.h"

#include <QtTest>

#include <atomic>
#include <map>
#include <mutex>
#include <set>

using namespace strata;
using namespace strata::stack;

namespace {

constexpr int kLongMs = 25000;

// A demo site, what Strata reads of it over the wire, and what it makes of that. `later` moves the clock of
// the diagnosis: rules wait for ages that no test has the time for.
class Watched {
public:
    explicit Watched(demosite::Options options)
    {
        auto started = demosite::DemoSite::start(options);
        if (!started)
            return;
        m_demo = std::move(*started);
        const auto config = kube::Kubeconfig::load(m_demo->kubeconfigPath());
        const auto cluster = config->resolve(m_demo->name());
        m_outer = m_site.addCluster(*cluster, m_demo->name());
        for (const demosite::DemoSite::HostEntry& host : m_demo->hosts())
            m_site.addHost(host.uri, host.name).has_value();
    }

    demosite::DemoSite& demo() { return *m_demo; }
    bool started() const { return m_demo != nullptr; }
    const Stack& stack() const { return m_stack; }
    const diagnosis::Diagnosis& diagnosis() const { return m_diagnosis; }
    void setLater(UnixMs later) { m_later = later; }

    void look()
    {
        m_diagnosis.apply(m_stack, m_site.take(), systemNow() + m_later);
        m_diagnosis.elapse(m_stack, systemNow() + m_later);
    }

    bool settled()
    {
        look();
        return m_site.settled() && m_stack.count(ItemKind::Workload) > 0;
    }

    // The rules of all lowest causes that are more than notes.
    std::set<std::string> roots()
    {
        look();
        std::set<std::string> out;
        for (const diagnosis::Problem& problem : m_diagnosis.problems(m_stack)) {
            if (problem.root.severity != diagnosis::Severity::Info)
                out.insert(problem.root.rule);
        }
        return out;
    }

    // Anything that is said, lowest or not, notes included.
    std::set<std::string> said()
    {
        look();
        std::set<std::string> out;
        for (const diagnosis::Problem& problem : m_diagnosis.problems(m_stack)) {
            out.insert(problem.root.rule);
            for (const diagnosis::Finding& also : problem.also)
                out.insert(also.rule);
        }
        return out;
    }

    // Puts all questions about tenants, machines and VMs.
    void ask()
    {
        std::vector<ItemId> todo = m_stack.roots(Tree::Tenants);
        while (!todo.empty()) {
            const Item* item = m_stack.find(todo.back());
            todo.pop_back();
            todo.insert(todo.end(), item->childrenIn(Tree::Tenants).begin(),
                        item->childrenIn(Tree::Tenants).end());
            std::vector<inquiry::Question> questions = inquiry::questionsFor(m_stack, item->id);
            if (questions.empty())
                continue;
            std::mutex mutex;
            std::vector<diagnosis::Finding> found;
            std::atomic<bool> over = false;
            inquiry::Look::Callbacks callbacks;
            callbacks.onAnswer = [&](const inquiry::Question&, const inquiry::Reading& reading) {
                const std::lock_guard lock(mutex);
                found.insert(found.end(), reading.findings.begin(), reading.findings.end());
            };
            callbacks.onEnd = [&] { over = true; };
            const inquiry::Look look([this](SourceId source) { return m_site.newClient(source); },
                                     std::move(questions), std::move(callbacks));
            [&] { QTRY_VERIFY_WITH_TIMEOUT(over, 60000); }();
            m_diagnosis.tell(m_stack, item->id, std::move(found), systemNow() + m_later);
        }
    }

private:
    std::unique_ptr<demosite::DemoSite> m_demo;
    feeds::Site m_site;
    SourceId m_outer = 0;
    Stack m_stack;
    diagnosis::Diagnosis m_diagnosis;
    UnixMs m_later = 0;
};

QString words(const std::set<std::string>& rules)
{
    QStringList out;
    for (const std::string& rule : rules)
        out << QString::fromStdString(rule);
    return out.join(u' ');
}

} // namespace

// From the wire to the cause: what is staged on the demo site is what is found.
class TestCauses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyFaultIsFound_data();
    void everyFaultIsFound();
};

void TestCauses::everyFaultIsFound_data()
{
    QTest::addColumn<QString>("rule");
    for (const demosite::Fault& fault : demosite::faultCatalogue())
        QTest::newRow(fault.name.c_str()) << QString::fromStdString(fault.rule);
}

void TestCauses::everyFaultIsFound()
{
    QFETCH(QString, rule);
    const std::string wanted = rule.toStdString();
    demosite::Options options;
    options.speed = 30;
    Watched site(options);
    QVERIFY(site.started());
    QTRY_VERIFY_WITH_TIMEOUT(site.settled(), kLongMs);
    const std::set<std::string> before = site.roots();
    const auto staged = site.demo().setFault(QTest::currentDataTag(), true);
    QVERIFY2(staged.has_value(), staged ? "" : staged.error().text.c_str());
    bool asked = false;
    QElapsedTimer timer;
    timer.start();
    bool found = false;
    while (!found && timer.elapsed() < 12000) {
        QTest::qWait(200);
        if (timer.elapsed() > 6000 && !asked) {
            asked = true;
            site.ask();
        }
        if (timer.elapsed() > 4000)
            site.setLater(20LL * 60 * 1000);
        found = site.said().contains(wanted);
    }
    std::set<std::string> more;
    for (const std::string& each : site.roots()) {
        if (!before.contains(each))
            more.insert(each);
    }
    qInfo().noquote() << QTest::currentDataTag() << "wants" << rule << (found ? "found" : "MISSED") << "after"
                      << timer.elapsed() << "ms; new roots:" << words(more);
    QVERIFY(found);
}

QTEST_GUILESS_MAIN(TestCauses)
#include "test_causes.moc"
