// SPDX-License-Identifier: GPL-3.0-or-later
//
// The whole window with the site of the drawing, to look at:
//   strata_windowshot [--light|--dark] [--rtl] [--size 1440x900] [--font POINTS] [--select KEY-OR-NAME]
//   [--tab NAME]
//                     [--state full|empty|connecting|lost] [--open
//                     cluster|host|settings|palette|popup|shortcuts|about]
//                     [--search TEXT] [--bottom activity] [--output FILE]

#include "core/stack/stack.h"
#include "tests/support/picturesite.h"
#include "tests/ui/fakedocuments.h"
#include "ui/settings/workspace.h"
#include "ui/shell/bottompanel.h"
#include "ui/shell/mainwindow.h"
#include "ui/shell/statuschips.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QApplication>
#include <QCommandLineParser>
#include <QDialog>
#include <QLineEdit>
#include <QPainter>
#include <QTemporaryDir>
#include <QTimer>

#include <cmath>

using namespace strata;

namespace {

stack::ItemId itemOf(const stack::Stack& stack, const std::string& wanted)
{
    if (const stack::ItemId id = stack.findKey(wanted))
        return id;
    for (std::size_t tree = 0; tree < stack::kTrees; ++tree) {
        std::vector<stack::ItemId> todo = stack.roots(static_cast<stack::Tree>(tree));
        while (!todo.empty()) {
            const stack::Item* item = stack.find(todo.back());
            todo.pop_back();
            if (item->name == wanted)
                return item->id;
            for (const stack::ItemId child : item->children[tree])
                todo.push_back(child);
        }
    }
    return {};
}

// Half an hour of usage that rises to where the picture's site stands.
void addHistory(ui::StackStore& store)
{
    const stack::Batch site = test::pictureSite();
    for (int step = 0; step <= 30; ++step) {
        stack::Batch batch;
        for (const stack::FactChange& change : site.facts) {
            const auto* usage = change.fact->as<stack::UsageFact>();
            if (usage == nullptr)
                continue;
            stack::UsageFact moved = *usage;
            const double share = 0.55 + 0.45 * step / 30.0 + 0.04 * std::sin(step * 1.7);
            moved.at = test::kNow - (30 - step) * 60000;
            moved.used.memoryBytes = std::int64_t(double(moved.used.memoryBytes) * share);
            moved.used.cpuMilli =
                std::int64_t(double(moved.used.cpuMilli) * (0.7 + 0.3 * std::sin(step * 0.9)));
            batch.facts.push_back({change.key, stack::makeFact(moved)});
        }
        store.apply(batch);
    }
}

} // namespace

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    app.setApplicationName(QStringLiteral("strata-windowshot"));
    QCommandLineParser parser;
    parser.addHelpOption();
    const auto option = [&parser](const char* name, const char* value = nullptr, const char* initial = "") {
        QCommandLineOption made(QString::fromLatin1(name));
        if (value != nullptr) {
            made.setValueName(QString::fromLatin1(value));
            made.setDefaultValue(QString::fromLatin1(initial));
        }
        parser.addOption(made);
    };
    option("light");
    option("dark");
    option("rtl");
    option("size", "WxH", "1440x900");
    option("font", "POINTS", "0");
    option("select", "KEY", "blue-md-0-x8k2p");
    option("tab", "NAME", "overview");
    option("state", "STATE", "full");
    option("open", "WHAT");
    option("search", "TEXT");
    option("bottom", "TAB", "problems");
    option("output", "FILE");
    parser.process(app);
    const auto value = [&parser](const char* name) { return parser.value(QString::fromLatin1(name)); };
    if (parser.isSet(QStringLiteral("rtl")))
        QApplication::setLayoutDirection(Qt::RightToLeft);

    QTemporaryDir directory;
    ui::Workspace workspace(directory.filePath(QStringLiteral("workspace.json")));
    ui::Settings settings;
    settings.theme = parser.isSet(QStringLiteral("dark")) ? ui::ThemeMode::Dark : ui::ThemeMode::Light;
    settings.fontPoints = value("font").toDouble();
    workspace.setSettings(settings);
    if (value("state") == QLatin1String("empty")) {
        workspace.remember({ui::Connection::Kind::Host,
                            QStringLiteral("metal-01"),
                            {},
                            {},
                            QStringLiteral("qemu+ssh://root@metal-01/system"),
                            false,
                            1});
        workspace.remember({ui::Connection::Kind::Cluster,
                            QStringLiteral("rack-a"),
                            QStringLiteral("/home/op/.kube/config"),
                            QStringLiteral("rack-a-admin"),
                            {},
                            false,
                            2});
    }
    ui::Theme::instance().install();

    ui::StackStore store;
    test::FakeDocuments documents;
    documents.onDocument = [](const stack::ObjectRef& object) {
        std::string text =
            object.group == "libvirt"
                ? "<domain type='kvm'>\n  <name>tenant-blue_x</name>\n  <!-- as libvirt tells it "
                  "-->\n  <memory unit='KiB'>16777216</memory>\n</domain>\n"
                : "apiVersion: kubevirt.io/v1\nkind: " + object.kind + "\nmetadata:\n  name: " + object.name +
                      "\n  labels:\n    app: \"web\" # of the shop\nspec:\n  running: "
                      "true\n  replicas: 3\n  script: |\n    #!/bin/sh\n    echo hello\n";
        for (int i = 0; i < 40; ++i)
            text += object.group == "libvirt" ? "<!-- -->\n" : "  item-" + std::to_string(i) + ": value\n";
        return Result<std::string>(text);
    };
    documents.onEvents = [](const stack::ObjectRef& object) {
        std::vector<stack::EventRow> rows;
        rows.push_back(
            {"Warning", "PausedIOError",
             "VM paused: no space left on device while writing to the root disk of the VM, which is on "
             "a full storage pool",
             "virt-handler", object.kind, object.name, 7, test::kNow - 600000, test::kNow - 240000});
        rows.push_back({"Normal", "Started", "VirtualMachineInstance started.", "virt-handler", object.kind,
                        object.name, 1, test::kNow - 3600000, test::kNow - 3600000});
        return Result<std::vector<stack::EventRow>>(rows);
    };

    ui::ShellServices services;
    services.store = &store;
    services.documents = &documents;
    services.workspace = &workspace;
    std::uint64_t events = 0;
    services.events = [&events] { return events += 214; };
    services.clock = [] { return test::kNow + 2000; };
    services.connect.usualPaths = [] {
        return std::vector<std::string>{"/home/op/.kube/config", "/tmp/broken"};
    };
    services.connect.readKubeconfig = [](const std::string& path) -> Result<std::vector<ui::ContextRow>> {
        if (path == "/tmp/broken")
            return fail(ErrorKind::Config,
                        "/tmp/broken: clusters[0].cluster.certificate-authority-data is not base64");
        std::vector<ui::ContextRow> rows;
        for (const char* name : {"rack-a-admin", "rack-b", "lab", "old"}) {
            kube::ClusterConfig config;
            config.context = name;
            config.server = std::string("https://") + name + ".example:6443";
            rows.push_back({name, name, "admin", config.server, std::string(name) == "rack-a-admin", config});
        }
        rows[2].config =
            fail(ErrorKind::Refused, "The user lab uses an exec plugin, which Strata does not run.");
        return rows;
    };
    services.connect.checkCluster = [](const kube::ClusterConfig& config, QObject* context,
                                       ui::ConnectServices::Checked done) {
        Result<std::string> answer = "v1.34.1";
        if (config.context == "rack-b")
            answer = fail(ErrorKind::Tls,
                          "The certificate of https://rack-b.example:6443 was signed by a CA that the "
                          "kubeconfig does not name.",
                          "unable to get local issuer certificate");
        if (config.context == "old")
            answer = fail(ErrorKind::Auth, "https://old.example:6443 did not accept the credential.",
                          "Unauthorized", 401);
        QMetaObject::invokeMethod(
            context, [done, answer] { done(answer); }, Qt::QueuedConnection);
    };
    services.connect.checkUri = [](const std::string& uri) -> Result<std::string> {
        if (uri.find("command=") != std::string::npos)
            return fail(ErrorKind::Refused, "The parameter command would run a program of the URI's writer.");
        return uri;
    };
    services.connect.testHost = [](const std::string&, QObject*, ui::ConnectServices::Checked) {};

    ui::MainWindow window(services);
    const QStringList size = value("size").split(QLatin1Char('x'));
    window.resize(size.value(0).toInt(), size.value(1).toInt());
    window.show();

    const QString state = value("state");
    stack::Batch site = test::pictureSite();
    if (state == QLatin1String("connecting") || state == QLatin1String("lost")) {
        for (stack::SourceChange& change : site.sources) {
            if (state == QLatin1String("connecting")) {
                change.state.phase = change.state.id == test::kOuter ? stack::LinkPhase::Connecting
                                                                     : stack::LinkPhase::Waiting;
                change.state.synced = false;
                change.state.lastHeard = 0;
            } else if (change.state.id == test::kOuter || change.state.id == test::kBlue) {
                change.state.phase = stack::LinkPhase::Waiting;
                change.state.lastHeard = test::kNow - 40000;
            }
            if (change.state.phase == stack::LinkPhase::Waiting) {
                change.state.retryAt = test::kNow + 10000;
                change.state.error = {ErrorKind::Network, "The connection was refused.", "Connection refused",
                                      0, 0};
            }
        }
        if (state == QLatin1String("connecting"))
            site.facts.clear();
    }
    if (state != QLatin1String("empty")) {
        // Usage comes with its history: the newest would shut out the older ones.
        std::erase_if(site.facts, [](const stack::FactChange& change) {
            return change.fact->as<stack::UsageFact>() != nullptr;
        });
        const bool any = !site.facts.empty();
        store.apply(site);
        if (any)
            addHistory(store);
    }
    if (state == QLatin1String("full") || state == QLatin1String("lost")) {
        window.select(itemOf(store.stack(), value("select").toStdString()));
        window.setCurrentTab(value("tab"));
    }
    window.findChild<ui::BottomPanel*>()->setCurrentTab(value("bottom"));
    const QString open = value("open");
    const auto trigger = [&window](const QString& text) {
        for (QAction* action : window.actions()) {
            if (action->text().remove(QLatin1Char('&')).startsWith(text))
                action->trigger();
        }
    };
    if (open == QLatin1String("cluster"))
        trigger(QStringLiteral("Connect a cluster"));
    else if (open == QLatin1String("host"))
        trigger(QStringLiteral("Enrol a host"));
    else if (open == QLatin1String("settings"))
        trigger(QStringLiteral("Settings"));
    else if (open == QLatin1String("shortcuts"))
        trigger(QStringLiteral("Keyboard shortcuts"));
    else if (open == QLatin1String("about"))
        trigger(QStringLiteral("About"));
    else if (open == QLatin1String("palette"))
        trigger(QStringLiteral("Search"));
    else if (open == QLatin1String("popup"))
        QTimer::singleShot(700, &window, [&window, state] {
            window.findChild<ui::StatusChips*>()->openSource(state == QLatin1String("lost") ? test::kBlue
                                                                                            : test::kOuter);
        });
    if (!value("search").isEmpty()) {
        for (QLineEdit* field : window.findChildren<QLineEdit*>()) {
            if (field->accessibleName().startsWith(QLatin1String("Search, or run"))) {
                field->insert(value("search"));
                Q_EMIT field->textEdited(field->text());
            }
        }
    }
    const QString output = value("output");
    if (output.isEmpty())
        return app.exec();
    // Long enough for documents to be read and ages to tick once.
    QTimer::singleShot(1800, &app, [&window, output] {
        QPixmap picture = window.grab();
        // Dialogs and popups are windows of their own.
        for (QWidget* top : QApplication::topLevelWidgets()) {
            if (top == &window || !top->isVisible() || !top->isWindow())
                continue;
            QPainter painter(&picture);
            const QPoint at = top->mapToGlobal(QPoint(0, 0)) - window.mapToGlobal(QPoint(0, 0));
            painter.drawPixmap(at, top->grab());
        }
        picture.save(output);
        QApplication::exit(0);
    });
    return app.exec();
}
