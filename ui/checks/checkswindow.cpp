// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/checks/checkswindow.h"

#include "core/base/timestamp.h"
#include "core/stack/stack.h"
#include "ui/theme/theme.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/pill.h"
#include "ui/widgets/tablecopy.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/windowsize.h"

#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMessageBox>
#include <QPageLayout>
#include <QPdfWriter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSaveFile>
#include <QSplitter>
#include <QTableView>
#include <QTextDocument>
#include <QVBoxLayout>

namespace strata::ui {
namespace {

checks::NodeView nodeView(const stack::KubeNodeFact& fact)
{
    checks::NodeView view;
    view.name = fact.meta.name;
    view.kernelVersion = fact.kernel;
    view.memoryBytes = fact.capacity.memoryBytes;
    if (fact.kvmDevices >= 0)
        view.allocatable.emplace("devices.kubevirt.io/kvm", fact.kvmDevices);
    return view;
}

} // namespace

std::vector<HostToCheck> hostsToCheck(const stack::Stack& stack)
{
    std::vector<HostToCheck> enrolled;
    std::vector<HostToCheck> others;
    for (const stack::ItemId root : stack.roots(stack::Tree::Stack)) {
        const stack::Item* item = stack.find(root);
        if (item == nullptr)
            continue;
        if (item->kind == stack::ItemKind::OuterNode) {
            if (const stack::KubeNodeFact* node = stack.facts(root).outerNode) {
                HostToCheck host;
                host.subject.name = item->name;
                host.subject.node = nodeView(*node);
                others.push_back(std::move(host));
            }
            continue;
        }
        if (item->kind != stack::ItemKind::Host)
            continue;
        HostToCheck host;
        host.subject.name = item->name;
        if (const stack::HostFact* fact = stack.facts(root).host)
            host.uri = fact->uri;
        for (const stack::ItemId below : item->childrenIn(stack::Tree::Stack)) {
            const stack::Item* child = stack.find(below);
            if (child == nullptr || child->kind != stack::ItemKind::OuterNode || host.subject.node)
                continue;
            if (const stack::KubeNodeFact* node = stack.facts(below).outerNode)
                host.subject.node = nodeView(*node);
        }
        enrolled.push_back(std::move(host));
    }
    for (HostToCheck& host : others)
        enrolled.push_back(std::move(host));
    return enrolled;
}

class ChecksWindow::Private {
public:
    ChecksWindow* q;
    std::vector<HostToCheck> hosts;
    Ask ask;
    CheckModel* model = nullptr;
    QTableView* table = nullptr;
    QComboBox* profile = nullptr;
    QPushButton* again = nullptr;
    QPushButton* saveButton = nullptr;
    QPushButton* copy = nullptr;
    ThemedLabel* summary = nullptr;
    ThemedLabel* title = nullptr;
    Pill* pill = nullptr;
    ThemedLabel* figures = nullptr;
    ThemedLabel* reason = nullptr;
    QPlainTextEdit* commands = nullptr;
    std::unique_ptr<QObject> round; // context of the questions that are open
    std::size_t open = 0;
    AskClusters askClusters;
    std::map<std::string, checks::KeptHost> kept;
    QPushButton* keepButton = nullptr;
    ThemedLabel* driftWords = nullptr;

    void start();
    void askKubernetes();
    void hear(const ClusterWords& words);
    void showDrift();
    QByteArray report() const;
    QModelIndex worst(const QModelIndex& row) const; // of a check, over the hosts
    void showCurrent();
    void summarise();
};

void ChecksWindow::Private::start()
{
    round = std::make_unique<QObject>();
    open = 0;
    std::vector<CheckedHost> checked;
    for (const HostToCheck& host : hosts)
        checked.push_back({host.subject, !host.uri.empty(), {}});
    const QModelIndex before = table->currentIndex();
    model->setHosts(checked);
    table->setCurrentIndex(model->index(std::max(0, before.row()), std::max(1, before.column())));
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        if (hosts[i].uri.empty())
            continue;
        ++open;
        ask(hosts[i].uri, round.get(), [this, i](Result<virt::Inventory> answer) {
            CheckedHost host{hosts[i].subject, false, {}};
            if (answer)
                host.subject.libvirt = std::move(*answer);
            else
                host.error = cleaned(answer.error().text);
            --open;
            model->setHost(int(i) + 1, std::move(host));
            showCurrent();
            summarise();
            if (open == 0)
                Q_EMIT q->checked(report());
        });
    }
    askKubernetes();
    summarise();
    showCurrent();
}

QByteArray ChecksWindow::Private::report() const
{
    return QByteArray::fromStdString(checks::printJson(model->reports(), model->profile()));
}

void ChecksWindow::Private::askKubernetes()
{
    if (askClusters)
        askClusters(round.get(), [this](const ClusterWords& words) { hear(words); });
}

// Hosts that only a cluster knows come at the end.
void ChecksWindow::Private::hear(const ClusterWords& words)
{
    std::vector<checks::Subject> subjects;
    for (const CheckedHost& host : model->hosts())
        subjects.push_back(host.subject);
    checks::addKubernetes(subjects, words.nodes, words.metal);
    std::vector<CheckedHost> all = model->hosts();
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        if (i >= all.size()) {
            all.push_back({subjects[i], false, {}});
            hosts.push_back({{}, subjects[i]});
        }
        all[i].subject = subjects[i];
        hosts[i].subject.node = subjects[i].node; // for the answers that are still to come
        hosts[i].subject.metal = subjects[i].metal;
    }
    const QModelIndex before = table->currentIndex();
    model->setHosts(std::move(all));
    table->setCurrentIndex(model->index(std::max(0, before.row()), std::max(1, before.column())));
    summarise();
    showCurrent();
}

// Verdicts against those that were kept, each host by the profile it was kept with.
void ChecksWindow::Private::showDrift()
{
    keepButton->setEnabled(open == 0 && !model->hosts().empty());
    QStringList lines;
    bool worse = false;
    int compared = 0;
    for (const CheckedHost& host : model->hosts()) {
        const auto found = kept.find(host.subject.name);
        if (found == kept.end() || host.asking)
            continue;
        ++compared;
        const checks::Profile* then = checks::Profile::named(found->second.profile);
        QStringList changes;
        for (const checks::Drift& drift :
             checks::driftOf(found->second,
                             checks::checkHost(host.subject, then != nullptr ? *then : model->profile()))) {
            changes << shown(checks::driftText(drift));
            worse = worse || drift.worse();
        }
        if (!changes.isEmpty())
            lines << QStringLiteral("%1 — %2").arg(shown(host.subject.name),
                                                   changes.join(QStringLiteral("; ")));
    }
    driftWords->setVisible(compared > 0 && open == 0);
    driftWords->setRole(lines.isEmpty() ? TextRole::Muted : worse ? TextRole::Failed : TextRole::Warning);
    driftWords->showText(
        lines.isEmpty() ? ChecksWindow::tr("No verdict has changed since the hosts were enrolled.")
                        : ChecksWindow::tr("Changed since enrolment: %1").arg(lines.join(QLatin1Char('\n'))));
}

void ChecksWindow::Private::summarise()
{
    again->setEnabled(open == 0);
    saveButton->setEnabled(open == 0 && !hosts.empty());
    showDrift();
    if (hosts.empty()) {
        summary->setRole(TextRole::Muted);
        summary->showText(ChecksWindow::tr("There is no host yet. Enrol one, or connect an outer cluster."));
        return;
    }
    if (open > 0) {
        summary->setRole(TextRole::Progressing);
        summary->showText(ChecksWindow::tr("Asking %n hosts…", nullptr, int(open)));
        return;
    }
    int failing = 0;
    for (const checks::HostReport& report : model->reports())
        failing += checks::worst(report.checks) == checks::Verdict::Fail ? 1 : 0;
    QStringList silent;
    for (const CheckedHost& host : model->hosts())
        if (!host.error.isEmpty())
            silent << shown(host.subject.name);
    summary->setRole(failing > 0 || !silent.isEmpty() ? TextRole::Failed : TextRole::Ok);
    QString text = failing > 0 ? ChecksWindow::tr("A check fails on %n hosts.", nullptr, failing)
                               : ChecksWindow::tr("No check fails.");
    if (!silent.isEmpty())
        text += QLatin1Char(' ') +
                ChecksWindow::tr("No answer from %1.").arg(silent.mid(0, 3).join(QStringLiteral(", ")));
    summary->showText(text);
}

QModelIndex ChecksWindow::Private::worst(const QModelIndex& row) const
{
    QModelIndex found = row.siblingAtColumn(1);
    for (int column = 2; column < model->columnCount({}); ++column) {
        const checks::Check* best = model->check(found);
        const checks::Check* other = model->check(row.siblingAtColumn(column));
        if (best != nullptr && other != nullptr && healthOf(other->verdict) > healthOf(best->verdict))
            found = row.siblingAtColumn(column);
    }
    return found;
}

void ChecksWindow::Private::showCurrent()
{
    QModelIndex current = table->currentIndex();
    if (current.isValid() && current.column() == 0) // the check itself: where it looks worst
        current = worst(current);
    const checks::Check* check = model->check(current);
    const bool some = check != nullptr;
    for (QWidget* widget : std::initializer_list<QWidget*>{title, pill, figures, reason, commands, copy})
        widget->setVisible(some);
    if (!some)
        return;
    const CheckedHost& host = model->hosts()[std::size_t(current.column() - 1)];
    title->showText(QStringLiteral("%1 · %2").arg(shown(check->title), shown(host.subject.name)));
    const bool waiting = host.asking && check->verdict == checks::Verdict::Unknown;
    pill->setState(waiting ? stack::Health::Progressing : healthOf(check->verdict),
                   waiting ? ChecksWindow::tr("Asking") : verdictText(check->verdict));
    QString line =
        check->value.empty()
            ? ChecksWindow::tr("Wanted: %1").arg(shown(check->wanted))
            : ChecksWindow::tr("Found: %1 · wanted: %2").arg(shown(check->value), shown(check->wanted));
    if (!check->source.empty())
        line += QStringLiteral(" · ") + ChecksWindow::tr("says %1").arg(shown(check->source));
    figures->showText(line);
    QString why = shown(check->reason);
    if (!host.error.isEmpty() && check->verdict == checks::Verdict::Unknown)
        why = host.error + QLatin1Char('\n') + why;
    reason->showText(why);
    reason->setVisible(!why.isEmpty());
    QStringList lines;
    for (const std::string& command : check->commands)
        lines << shown(command);
    const QString text = lines.join(QLatin1Char('\n'));
    if (commands->toPlainText() != text)
        commands->setPlainText(text);
    commands->setVisible(!lines.isEmpty());
    copy->setVisible(!lines.isEmpty());
}

ChecksWindow::ChecksWindow(std::vector<HostToCheck> hosts, Ask ask, QWidget* parent)
    : QDialog(parent), m_d(std::make_unique<Private>())
{
    Private& d = *m_d;
    d.q = this;
    d.hosts = std::move(hosts);
    d.ask = std::move(ask);
    setWindowTitle(tr("Host checks"));
    resizeWithin(this, {1040, 680});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 14, 16, 14);
    layout->setSpacing(10);

    auto* bar = new QHBoxLayout;
    bar->setSpacing(8);
    auto* heading = new ThemedLabel(tr("Are the hosts fit to carry the stack?"), TextRole::Text, this);
    heading->setLook(1.2, QFont::DemiBold);
    d.profile = new QComboBox(this);
    d.profile->setAccessibleName(tr("Profile"));
    d.profile->addItem(tr("Lab: enough to try everything"), QStringLiteral("lab"));
    d.profile->addItem(tr("Production: with Ceph or Longhorn on the hosts"), QStringLiteral("production"));
    // On a small screen its text gives way, not the window.
    d.profile->setMinimumContentsLength(10);
    d.profile->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    d.profile->setMinimumWidth(120);
    d.profile->setMaximumWidth(d.profile->sizeHint().width());
    d.again = new QPushButton(Theme::icon(QStringLiteral("refresh")), tr("Check &again"), this);
    d.saveButton = new QPushButton(Theme::icon(QStringLiteral("save")), tr("&Save report…"), this);
    bar->addWidget(heading);
    bar->addStretch();
    bar->addWidget(d.profile, 1);
    d.keepButton = new QPushButton(tr("&Keep verdicts"), this);
    d.keepButton->setObjectName(QStringLiteral("keep"));
    d.keepButton->setToolTip(tr("A later check tells what has changed since"));
    bar->addWidget(d.again);
    bar->addWidget(d.keepButton);
    bar->addWidget(d.saveButton);
    layout->addLayout(bar);
    d.summary = new ThemedLabel(TextRole::Muted, this);
    d.summary->setWordWrap(true);
    layout->addWidget(d.summary);
    d.driftWords = new ThemedLabel(TextRole::Muted, this);
    d.driftWords->setObjectName(QStringLiteral("drift"));
    d.driftWords->setWordWrap(true);
    d.driftWords->setTextInteractionFlags(Qt::TextSelectableByMouse);
    d.driftWords->hide();
    layout->addWidget(d.driftWords);

    auto* splitter = new QSplitter(Qt::Vertical, this);
    splitter->setChildrenCollapsible(false);
    d.model = new CheckModel(this);
    d.table = new QTableView(splitter);
    d.table->setModel(d.model);
    d.table->setAccessibleName(tr("Checks by host"));
    d.table->setItemDelegate(new CellDelegate(d.table));
    d.table->setSelectionMode(QAbstractItemView::SingleSelection);
    d.table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    d.table->setShowGrid(false);
    d.table->setWordWrap(false);
    d.table->verticalHeader()->hide();
    d.table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    d.table->verticalHeader()->setDefaultSectionSize(qRound(d.table->fontMetrics().height() * 1.75));
    d.table->horizontalHeader()->setHighlightSections(false);
    d.table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    d.table->horizontalHeader()->setDefaultSectionSize(d.table->fontMetrics().averageCharWidth() * 26);
    d.table->horizontalHeader()->setStretchLastSection(d.hosts.size() < 4);
    d.table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    installTableCopy(d.table);

    auto* pane = new QWidget(splitter);
    auto* details = new QVBoxLayout(pane);
    details->setContentsMargins(2, 8, 2, 0);
    details->setSpacing(6);
    auto* head = new QHBoxLayout;
    d.title = new ThemedLabel(TextRole::Text, pane);
    d.title->setLook(1.05, QFont::DemiBold);
    d.pill = new Pill(pane);
    d.copy = new QPushButton(Theme::icon(QStringLiteral("copy")), tr("&Copy commands"), pane);
    head->addWidget(d.title);
    head->addWidget(d.pill);
    head->addStretch(1);
    head->addWidget(d.copy);
    details->addLayout(head);
    d.figures = new ThemedLabel(TextRole::Muted, pane);
    d.figures->setWordWrap(true);
    details->addWidget(d.figures);
    d.reason = new ThemedLabel(TextRole::Text, pane);
    d.reason->setWordWrap(true);
    d.reason->setTextInteractionFlags(Qt::TextSelectableByMouse);
    details->addWidget(d.reason);
    d.commands = new QPlainTextEdit(pane);
    d.commands->setReadOnly(true);
    d.commands->setFont(Theme::monospace());
    d.commands->setAccessibleName(tr("Commands that mend it"));
    d.commands->setLineWrapMode(QPlainTextEdit::WidgetWidth);
    details->addWidget(d.commands, 1);
    details->addStretch(0);
    splitter->addWidget(d.table);
    splitter->addWidget(pane);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({430, 190});
    layout->addWidget(splitter, 1);
    for (QPushButton* button : {d.again, d.keepButton, d.saveButton, d.copy})
        button->setAutoDefault(false);
    d.keepButton->hide(); // until somebody keeps
    connect(d.keepButton, &QPushButton::clicked, this, [this] {
        const QByteArray report = m_d->report();
        if (auto now = checks::readKept(report.toStdString()))
            setKept(std::move(*now));
        Q_EMIT keepWanted(report);
    });

    connect(d.profile, &QComboBox::currentIndexChanged, this, [this] {
        if (const checks::Profile* profile =
                checks::Profile::named(m_d->profile->currentData().toString().toStdString()))
            m_d->model->setProfile(*profile);
        m_d->showCurrent();
        m_d->summarise();
    });
    connect(d.again, &QPushButton::clicked, this, [this] { m_d->start(); });
    connect(d.copy, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(m_d->commands->toPlainText()); });
    connect(d.table->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this] { m_d->showCurrent(); });
    connect(d.saveButton, &QPushButton::clicked, this, [this] {
        auto* dialog = new QFileDialog(this, tr("Save the report"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setAcceptMode(QFileDialog::AcceptSave);
        dialog->setNameFilters(
            {tr("Web page (*.html)"), tr("PDF (*.pdf)"), tr("JSON (*.json)"), tr("Text (*.txt)")});
        dialog->selectFile(QStringLiteral("host-checks.html"));
        connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
            QString error;
            if (!save(path, &error)) {
                m_d->summary->setRole(TextRole::Failed);
                m_d->summary->showText(error);
            }
        });
        dialog->open();
    });
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        m_d->again->setIcon(Theme::icon(QStringLiteral("refresh")));
        m_d->saveButton->setIcon(Theme::icon(QStringLiteral("save")));
        m_d->copy->setIcon(Theme::icon(QStringLiteral("copy")));
        m_d->commands->setFont(Theme::monospace());
    });
    d.start();
}

ChecksWindow::~ChecksWindow() = default;

void ChecksWindow::setClusters(AskClusters ask)
{
    m_d->askClusters = std::move(ask);
    m_d->askKubernetes();
}

void ChecksWindow::setKept(std::map<std::string, checks::KeptHost> kept)
{
    m_d->kept = std::move(kept);
    m_d->keepButton->show();
    m_d->showDrift();
}

QString ChecksWindow::drift() const
{
    return m_d->driftWords->isHidden() ? QString() : m_d->driftWords->text();
}

void ChecksWindow::setProfile(const QString& name)
{
    m_d->profile->setCurrentIndex(std::max(0, m_d->profile->findData(name)));
}

void ChecksWindow::showHost(const std::string& name)
{
    for (std::size_t i = 0; i < m_d->hosts.size(); ++i) {
        if (m_d->hosts[i].subject.name != name)
            continue;
        const QModelIndex index =
            m_d->model->index(std::max(0, m_d->table->currentIndex().row()), int(i) + 1);
        m_d->table->setCurrentIndex(index);
        m_d->table->scrollTo(index);
    }
}

bool ChecksWindow::save(const QString& path, QString* error)
{
    const std::vector<checks::HostReport>& reports = m_d->model->reports();
    const checks::Profile& profile = m_d->model->profile();
    const QString ending = QFileInfo(path).suffix().toLower();
    QSaveFile file(path);
    bool good = file.open(QIODevice::WriteOnly);
    if (good && ending == QLatin1String("pdf")) {
        QTextDocument document;
        document.setHtml(
            QString::fromStdString(checks::printHtml(reports, profile, formatRfc3339(systemNow()))));
        QPdfWriter writer(&file);
        writer.setPageSize(QPageSize(QPageSize::A4));
        writer.setPageOrientation(QPageLayout::Landscape);
        writer.setTitle(tr("Host checks"));
        document.print(&writer);
    } else if (good) {
        const std::string text = ending == QLatin1String("json") ? checks::printJson(reports, profile)
                                 : ending == QLatin1String("txt")
                                     ? checks::printText(reports, profile)
                                     : checks::printHtml(reports, profile, formatRfc3339(systemNow()));
        good = file.write(text.data(), qint64(text.size())) == qint64(text.size());
    }
    good = good && file.commit();
    if (!good && error != nullptr)
        *error = tr("The report cannot be written to %1: %2").arg(cleaned(path), cleaned(file.errorString()));
    return good;
}

} // namespace strata::ui
