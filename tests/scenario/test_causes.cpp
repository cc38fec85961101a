// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"
#include "core/demosite/faults.h"
#include "core/diagnosis/diagnosis.h"
#include "core/diagnosis/report.h"
#include "core/feeds/site.h"
#include "core/inquiry/look.h"
#include "core/kube/config/kubeconfig.h"
#include "tests/support/finditem.h"

#include <QtTest>

#include <atomic>
#include <map>
#include <mutex>
#include <set>

using namespace strata;
using namespace strata::stack;
using strata::test::itemNamed;

namespace {

constexpr int kLongMs = 25000;
constexpr int kSettleMs = 8000;

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
    std::shared_ptr<kube::Client> client() const { return m_site.newClient(m_outer); }
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

    std::string report() const
    {
        return diagnosis::problemsText(m_stack, m_diagnosis.problems(m_stack), systemNow(), true);
    }

    // Anything that is said of anything: lowest causes and what stands on them, notes included.
    std::set<std::string> said()
    {
        look();
        std::set<std::string> out;
        for (const diagnosis::Problem& problem : m_diagnosis.problems(m_stack)) {
            out.insert(problem.root.rule);
            for (const diagnosis::Finding& also : problem.also)
                out.insert(also.rule);
            for (const ItemId id : problem.explains) {
                for (const diagnosis::Finding& finding : *m_diagnosis.findings(id))
                    out.insert(finding.rule);
            }
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
                                     std::move(questions), std::move(callbacks),
                                     [this] { return systemNow() + m_later; });
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
    void motionRaisesNoAlarm();
};

// The lowest cause is the fault's own, and nothing else is one; where a fault is one that has others behind
// it by its nature, they are named here.
void TestCauses::everyFaultIsFound_data()
{
    static const std::map<std::string, std::set<std::string>> besides = {
        {"storage-class-missing", {"B7", "C15", "F15"}}, // the class and the volumes that wanted it
        {"remediation-restricted", {"G4", "G11"}},       // what the health check would mend
        {"finalizer-stuck", {"G4"}},                     // its node, which has gone
        {"cni-missing", {"G4"}},
        {"etcd-quorum-lost", {"G11"}}, // pods that nobody acts on
        {"scheduler-down", {"G11"}},
        {"plane-held-back", {"G7", "G11"}}, // why it is held back
        {"certificate-expired", {"F15"}},   // nobody gets in
    };
    QTest::addColumn<QString>("rule");
    QTest::addColumn<QStringList>("allowed");
    for (const demosite::Fault& fault : demosite::faultCatalogue()) {
        QStringList allowed;
        if (const auto more = besides.find(fault.name); more != besides.end()) {
            for (const std::string& rule : more->second)
                allowed << QString::fromStdString(rule);
        }
        QTest::newRow(fault.name.c_str()) << QString::fromStdString(fault.rule) << allowed;
    }
}

void TestCauses::everyFaultIsFound()
{
    QFETCH(QString, rule);
    QFETCH(QStringList, allowed);
    const std::string wanted = rule.toStdString();
    demosite::Options options;
    options.speed = 30;
    Watched site(options);
    QVERIFY(site.started());
    QTRY_VERIFY_WITH_TIMEOUT(site.settled(), kLongMs);
    const std::set<std::string> before = site.roots();
    const auto staged = site.demo().setFault(QTest::currentDataTag(), true);
    QVERIFY2(staged.has_value(), staged ? "" : staged.error().text.c_str());
    // Rules wait for ages that no test has the time for: the clock of the diagnosis goes ahead of the site's.
    QElapsedTimer timer;
    timer.start();
    qint64 nextAsk = 1500; // before the clock goes ahead, and again: what is asked for may not be there yet
    const auto found = [&] {
        if (timer.elapsed() > 6000)
            site.setLater(20LL * 60 * 1000);
        if (timer.elapsed() > nextAsk) {
            site.ask();
            nextAsk = timer.elapsed() + 4000;
        }
        return site.said().contains(wanted);
    };
    bool is = false;
    while (!is && timer.elapsed() < kLongMs) {
        is = found();
        if (!is)
            QTest::qWait(150);
    }
    QVERIFY2(is, site.report().c_str());
    // What others of the site's parts notice of it meanwhile may be a cause of its own for a moment.
    std::set<std::string> more;
    const auto nothingElse = [&] {
        more.clear();
        for (const std::string& each : site.roots()) {
            if (!before.contains(each) && each != wanted && !allowed.contains(QString::fromStdString(each)))
                more.insert(each);
        }
        return more.empty();
    };
    timer.start();
    while (!nothingElse() && timer.elapsed() < kSettleMs)
        QTest::qWait(100);
    if (!more.empty())
        qInfo().noquote() << QString::fromStdString(site.report());
    QVERIFY2(more.empty(), qPrintable(words(more)));
}

// A site on which nothing is broken stays without causes while it is in motion: a cluster comes, pools are
// scaled, a control plane is rolled, a node is drained.
void TestCauses::motionRaisesNoAlarm()
{
    demosite::Options options;
    options.speed = 20;
    Watched site(options);
    QVERIFY(site.started());
    QTRY_VERIFY_WITH_TIMEOUT(site.settled(), kLongMs);
    const std::set<std::string> before = site.roots();
    std::set<std::string> more;
    QString report;
    const auto watchFor = [&](int ms) {
        QElapsedTimer timer;
        timer.start();
        while (timer.elapsed() < ms) {
            for (const std::string& each : site.roots()) {
                if (!before.contains(each) && more.insert(each).second)
                    report += QString::fromStdString(site.report());
            }
            QTest::qWait(50);
        }
    };
    const auto change = [&](const char* method, const std::string& path, const std::string& body) {
        std::atomic<int> status = 0;
        kube::Request request;
        request.method = method;
        request.path = path;
        request.contentType = "application/merge-patch+json";
        request.body = body;
        const std::shared_ptr<kube::Client> client = site.client();
        const auto handle = client->send(request, [&](const Result<kube::Response>& answer) {
            status = answer ? answer->status : answer.error().httpStatus;
        });
        [&] { QTRY_VERIFY(status != 0); }();
        return status == 200;
    };
    const std::string capi = "/apis/cluster.x-k8s.io/v1beta2/namespaces/";
    const ItemId pool = itemNamed(site.stack(), ItemKind::WorkerPool, "slate-md-0");
    QVERIFY(pool);
    QVERIFY(change("PATCH", capi + site.stack().find(pool)->ns + "/machinedeployments/slate-md-0",
                   R"({"spec": {"replicas": 2}})"));
    watchFor(6000); // a machine is built: image, boot, bootstrap, join
    QVERIFY(change("PATCH", capi + site.stack().find(pool)->ns + "/machinedeployments/slate-md-0",
                   R"({"spec": {"replicas": 1}})"));
    watchFor(3000);
    QVERIFY(change("PATCH", "/api/v1/nodes/outer-3", R"({"spec": {"unschedulable": true}})"));
    watchFor(1500);
    QVERIFY(change("PATCH", "/api/v1/nodes/outer-3", R"({"spec": {"unschedulable": false}})"));
    watchFor(1000);
    QVERIFY(site.demo().setFault("kubevirt-updating", true).has_value()); // no fault, in spite of its name
    watchFor(1500);
    if (!more.empty())
        qInfo().noquote() << report;
    QVERIFY2(more.empty(), qPrintable(words(more)));
}

QTEST_GUILESS_MAIN(TestCauses)
#include "test_causes.moc"
