// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/composition.h"
#include "core/demosite/demosite.h"
#include "core/feeds/outbox.h"
#include "tests/support/picturesite.h"
#include "ui/settings/language.h"
#include "ui/settings/workspace.h"
#include "ui/shell/mainwindow.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackmodel.h"
#include "ui/stack/stackpanel.h"
#include "ui/stack/stackstore.h"
#include "ui/stack/stratachart.h"
#include "ui/theme/theme.h"

#include <QAbstractEventDispatcher>
#include <QApplication>
#include <QTemporaryDir>
#include <QTimer>
#include <QTreeView>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// What the window itself costs: how soon it stands there (P4), and how it keeps up with a storm (P3).
namespace {

using namespace strata;

double seconds(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double percentile(std::vector<double> values, double share)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1,
                           static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

class FirstPaint : public QObject {
public:
    double at = 0;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (at == 0 && event->type() == QEvent::Paint)
            at = seconds(CLOCK_MONOTONIC);
        return QObject::eventFilter(watched, event);
    }
};

// The program's window on a site that runs already; `began` is when this process was started.
int measureStart(int argc, char** argv, const std::string& kubeconfig, double began)
{
    QApplication app(argc, argv);
    ui::Theme::instance().install();
    QTemporaryDir scratch;
    ui::Workspace workspace(scratch.filePath(QStringLiteral("workspace.json")));
    workspace.load();
    app::Composition composition(workspace, {});
    ui::MainWindow window(composition.services());
    FirstPaint paint;
    window.installEventFilter(&paint);
    window.resize(1600, 1000);
    window.show();
    if (!composition.connections().addCluster(kubeconfig, {}))
        return 1;
    double rows = 0;
    double changed = 0;
    double whole = 0;
    std::size_t size = 0;
    QObject::connect(&composition.store(), &ui::StackStore::changed, &app, [&](const stack::StackDelta&) {
        const double now = seconds(CLOCK_MONOTONIC);
        const auto* model = window.findChild<ui::StackModel*>();
        if (rows == 0 && model != nullptr && model->rowCount() > 0)
            rows = now;
        if (composition.store().stack().size() != size) {
            size = composition.store().stack().size();
            changed = now;
        }
    });
    QTimer look;
    QObject::connect(&look, &QTimer::timeout, &app, [&] {
        const double now = seconds(CLOCK_MONOTONIC);
        if ((composition.site().settled() && size > 0 && now - changed > 2) || now - began > 120) {
            whole = changed;
            QApplication::quit();
        }
    });
    look.start(200);
    QApplication::exec();
    int followed = 0;
    int counted = 0;
    for (const stack::SourceId id : composition.store().stack().sources()) {
        const stack::SourceState* source = composition.store().stack().source(id);
        if (source->kind == stack::SourceKind::InnerCluster)
            ++(source->parked ? counted : followed);
    }
    std::printf(
        "| window painted | %.0f ms |\n| first rows | %.0f ms |\n| whole tree: %zu items, pods of %d tenants "
        "followed, of %d counted | %.0f ms |\n",
        (paint.at - began) * 1000, (rows - began) * 1000, size, followed, counted, (whole - began) * 1000);
    return 0;
}

int coldStart(const char* self)
{
    int ends[2];
    if (pipe(ends) != 0)
        return 1;
    const pid_t site = fork();
    if (site == 0) {
        close(ends[0]);
        demosite::Options options;
        options.size = demosite::Size::Large;
        options.life = false;
        const auto started = demosite::DemoSite::start(options);
        const std::string path = started ? (*started)->kubeconfigPath() : std::string();
        [[maybe_unused]] const auto written = write(ends[1], path.c_str(), path.size() + 1);
        for (;;)
            pause();
    }
    close(ends[1]);
    std::string path;
    for (char c = 0; read(ends[0], &c, 1) == 1 && c != 0;)
        path += c;
    close(ends[0]);
    std::printf("| P4: cold start on a running site of 60,000 objects | |\n|---|---:|\n");
    std::fflush(stdout);
    for (int round = 0; round < 2 && !path.empty(); ++round) { // the first warms the disk
        const pid_t child = fork();
        if (child == 0) {
            if (round == 0 && std::freopen("/dev/null", "w", stdout) == nullptr)
                _exit(126);
            const std::string began = std::to_string(seconds(CLOCK_MONOTONIC));
            execl(self, self, "--measure-start", path.c_str(), began.c_str(), static_cast<char*>(nullptr));
            _exit(127);
        }
        waitpid(child, nullptr, 0);
    }
    kill(site, SIGTERM);
    waitpid(site, nullptr, 0);
    return path.empty() ? 1 : 0;
}

constexpr stack::SourceId kInner = 2;

stack::PodFact pod(int i, int nodes, const char* phase)
{
    stack::PodFact fact;
    fact.meta.apiVersion = "v1";
    fact.meta.ns = "team-" + std::to_string(i % 97);
    fact.meta.name = "web-" + std::to_string(i) + "-0";
    fact.meta.uid = "pod-" + std::to_string(i);
    fact.meta.ownerKind = "StatefulSet";
    fact.meta.ownerName = "web-" + std::to_string(i);
    fact.meta.ownerUid = "owner-" + std::to_string(i);
    fact.nodeName = "node-" + std::to_string(i % nodes);
    fact.phase = phase;
    return fact;
}

// Knows when the event loop's turn began: a dispatcher tells when it is about to block, but timers and
// sockets have had their turn already when it tells that it is awake.
class TurnedApplication : public QApplication {
public:
    using QApplication::QApplication;
    double cpuAt = 0;
    double wallAt = 0; // 0: nothing was delivered since it blocked
    bool notify(QObject* receiver, QEvent* event) override
    {
        if (wallAt == 0) {
            cpuAt = seconds(CLOCK_THREAD_CPUTIME_ID);
            wallAt = seconds(CLOCK_MONOTONIC);
        }
        return QApplication::notify(receiver, event);
    }
};

int storm(int argc, char** argv, int rows, int perSecond, int forSeconds)
{
    TurnedApplication app(argc, argv);
    ui::Theme::instance().install();
    const int nodes = std::max(1, rows / 50);
    feeds::Outbox outbox;
    ui::StackStore store;
    ui::Selection selection(&store);
    ui::StackPanel panel(&store, &selection);
    panel.resize(500, 1000);
    ui::StrataChart chart(&store, &selection);
    chart.resize(1600, 300);
    store.setTaker([&outbox] { return outbox.take(); });
    outbox.setWakeup([&store] { store.wake(); });
    test::SiteBuilder b;
    b.source(1, stack::SourceKind::OuterCluster, "rack", "https://10.0.0.1:6443", "v1.34.0");
    b.source(kInner, stack::SourceKind::InnerCluster, "blue", "https://10.0.0.2:6443", "v1.34.0", 1,
             "tenant/blue");
    for (int i = 0; i < nodes; ++i)
        b.put(kInner, stack::FactKind::KubeNode, "node-" + std::to_string(i),
              b.node("node-" + std::to_string(i), test::uuidOf(0xb0, unsigned(i) + 1), 16, 64));
    for (int i = 0; i < rows; ++i)
        b.put(kInner, stack::FactKind::Pod,
              pod(i, nodes, "Running").meta.ns + "/web-" + std::to_string(i) + "-0",
              pod(i, nodes, "Running"));
    for (const stack::SourceChange& source : b.batch.sources)
        outbox.put(source.state, true);
    store.apply(b.batch);
    panel.show();
    chart.show();
    if (auto* view = panel.findChild<QTreeView*>()) {
        view->expand(view->model()->index(0, 0)); // rows that change are on the screen
        view->expand(view->model()->index(0, 0, view->model()->index(0, 0)));
    }

    std::vector<double> cpu;
    std::vector<double> wall;
    std::vector<double> toPixel;
    std::mutex mutex;
    std::deque<double> put;   // when, of those not taken yet
    std::deque<double> taken; // of those that the next paint shows
    bool measuring = false;
    auto* dispatcher = QAbstractEventDispatcher::instance();
    QObject::connect(&store, &ui::StackStore::changed, &app, [&] {
        const std::lock_guard lock(mutex);
        taken.insert(taken.end(), put.begin(), put.end());
        put.clear();
    });
    QObject::connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock, &app, [&] {
        const double began = std::exchange(app.wallAt, 0);
        if (!measuring || began == 0)
            return;
        const double now = seconds(CLOCK_MONOTONIC);
        const double spent = seconds(CLOCK_THREAD_CPUTIME_ID) - app.cpuAt;
        const std::lock_guard lock(mutex);
        if (spent > 0.0002) { // else nothing was drawn
            cpu.push_back(spent * 1000);
            wall.push_back((now - began) * 1000);
        }
        for (const double at : taken)
            toPixel.push_back((now - at) * 1000);
        taken.clear();
    });
    std::atomic<bool> ending{false};
    std::atomic<int> events{0};
    std::thread maker;
    QTimer::singleShot(1500, &app, [&] { // what is shown first is drawn by then
        measuring = true;
        maker = std::thread([&] {
            const double begin = seconds(CLOCK_MONOTONIC);
            for (int i = 0; !ending;) {
                const int due = static_cast<int>((seconds(CLOCK_MONOTONIC) - begin) * perSecond);
                for (; i < due; ++i) {
                    const int which = static_cast<int>((static_cast<long>(i) * 7919) % rows);
                    stack::PodFact fact = pod(which, nodes, i / rows % 2 == 0 ? "Failed" : "Running");
                    std::string name = fact.meta.ns + "/" + fact.meta.name;
                    {
                        const std::lock_guard lock(mutex);
                        put.push_back(seconds(CLOCK_MONOTONIC));
                    }
                    outbox.put({kInner, stack::FactKind::Pod, std::move(name)},
                               stack::makeFact(std::move(fact)));
                    ++events;
                }
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            }
        });
        QTimer::singleShot(forSeconds * 1000, &app, [&] { QApplication::quit(); });
    });
    QApplication::exec();
    ending = true;
    if (maker.joinable())
        maker.join();
    outbox.setWakeup({});
    std::printf("| %d events a second on %zu items | %.1f / %.1f / %.1f | %.1f / %.1f / %.1f | %.0f |\n",
                perSecond, store.stack().size(), percentile(cpu, 0.5), percentile(cpu, 0.99),
                percentile(cpu, 1), percentile(wall, 0.5), percentile(wall, 0.99), percentile(wall, 1),
                percentile(toPixel, 0.99));
    return events > 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    if (argc == 4 && std::strcmp(argv[1], "--measure-start") == 0)
        return measureStart(argc, argv, argv[2], std::atof(argv[3]));
    if (argc == 4 && std::strcmp(argv[1], "--storm") == 0)
        return storm(argc, argv, std::atoi(argv[2]), std::atoi(argv[3]), 10);
    const int rows = argc > 1 ? std::atoi(argv[1]) : 100'000;
    int bad = coldStart(argv[0]);
    std::printf("\n| P3: the window in a storm | CPU ms a frame, p50 / p99 / most | wall ms | event to pixel "
                "p99 ms |\n"
                "|---|---:|---:|---:|\n");
    std::fflush(stdout);
    for (const int perSecond : {1000, 5000}) {
        const pid_t child = fork();
        if (child == 0) {
            const std::string size = std::to_string(rows);
            const std::string rate = std::to_string(perSecond);
            execl(argv[0], argv[0], "--storm", size.c_str(), rate.c_str(), static_cast<char*>(nullptr));
            _exit(127);
        }
        int status = 0;
        waitpid(child, &status, 0);
        bad += status == 0 ? 0 : 1;
    }
    return bad;
}
