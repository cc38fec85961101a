// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/auditdialog.h"

#include "ui/stack/stackstore.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/text.h"
#include "ui/wizard/clusterruns.h"

#include <QDateTime>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QLocale>
#include <QTabWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {

using namespace stack;

namespace {

constexpr int kFirstWarningDays = 30;
constexpr int kLastWarningDays = 7;
constexpr qint64 kDayMs = 86'400'000;

QTreeWidget* table(QWidget* parent, const QString& name, const QStringList& headers)
{
    auto* tree = new QTreeWidget(parent);
    tree->setAccessibleName(name);
    tree->setRootIsDecorated(false);
    tree->setUniformRowHeights(true);
    tree->setAlternatingRowColors(false);
    tree->setHeaderLabels(headers);
    tree->header()->setStretchLastSection(true);
    tree->setSelectionMode(QAbstractItemView::ExtendedSelection);
    return tree;
}

QString when(UnixMs at)
{
    return at == 0 ? QString() : QLocale().toString(QDateTime::fromMSecsSinceEpoch(at), QLocale::ShortFormat);
}

Health healthOfResult(const std::string& result)
{
    if (result == "done")
        return Health::Ok;
    if (result == "failed" || result == "undo failed")
        return Health::Failed;
    if (result == "cancelled")
        return Health::Warning;
    if (result == "undone")
        return Health::Unknown;
    return Health::Progressing;
}

QString resultName(const std::string& result)
{
    if (result == "begun")
        return AuditDialog::tr("begun");
    if (result == "continued")
        return AuditDialog::tr("continued");
    if (result == "done")
        return AuditDialog::tr("done");
    if (result == "failed")
        return AuditDialog::tr("failed");
    if (result == "cancelled")
        return AuditDialog::tr("cancelled");
    if (result == "undone")
        return AuditDialog::tr("taken back");
    if (result == "undo failed")
        return AuditDialog::tr("taking back failed");
    return shown(result);
}

} // namespace

AuditDialog::AuditDialog(ClusterRuns* runs, StackStore* store, Clock clock, QWidget* parent)
    : QDialog(parent), m_runs(runs), m_store(store), m_clock(std::move(clock))
{
    setWindowTitle(tr("What was done"));
    setObjectName(QStringLiteral("auditDialog"));
    resize(860, 520);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(10);
    m_tabs = new QTabWidget(this);
    auto* log = new QWidget(m_tabs);
    auto* logLayout = new QVBoxLayout(log);
    logLayout->setContentsMargins(0, 8, 0, 0);
    m_filter = new QLineEdit(log);
    m_filter->setPlaceholderText(tr("Filter by any of its words"));
    m_filter->setAccessibleName(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_log = table(log, tr("Audit log"), {tr("When"), tr("Who"), tr("Result"), tr("What"), tr("Detail")});
    m_log->setObjectName(QStringLiteral("log"));
    logLayout->addWidget(m_filter);
    logLayout->addWidget(m_log, 1);
    m_tabs->addTab(log, tr("Audit log"));
    m_certificates =
        table(m_tabs, tr("Certificates"),
              {tr("Expires"), tr("In"), tr("Whose"), tr("What"), tr("Tenant"), tr("How it is renewed")});
    m_certificates->setObjectName(QStringLiteral("certificates"));
    m_tabs->addTab(m_certificates, tr("Certificates"));
    layout->addWidget(m_tabs, 1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_filter, &QLineEdit::textChanged, this, &AuditDialog::filter);
    connect(m_certificates, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* row) {
        if (const QString key = row->data(0, Qt::UserRole).toString(); !key.isEmpty())
            Q_EMIT itemWanted(m_store->stack().findKey(key.toStdString()));
    });
    connect(runs, &ClusterRuns::changed, this, [this](ClusterRun* run) {
        if (!run->active())
            read();
    });
    read();
    fillCertificates();
    askCertificates();
}

void AuditDialog::showCertificates()
{
    m_tabs->setCurrentWidget(m_certificates);
}

void AuditDialog::read()
{
    m_runs->auditLogs(this, [this](const std::vector<actions::AuditEntry>& entries) { fill(entries); });
}

void AuditDialog::fill(const std::vector<actions::AuditEntry>& entries)
{
    m_log->clear();
    QList<QTreeWidgetItem*> rows;
    for (const actions::AuditEntry& entry : entries) {
        auto* row = new QTreeWidgetItem;
        row->setText(0, when(entry.at));
        row->setText(1, shown(entry.who));
        row->setIcon(2, healthIcon(healthOfResult(entry.result)));
        row->setText(2, resultName(entry.result));
        row->setText(3, shown(entry.what));
        row->setText(4, shown(entry.detail));
        row->setToolTip(
            3,
            plainToolTip(
                tr("%1, plan %2, on %3").arg(shown(entry.action), shown(entry.plan), shown(entry.server))));
        row->setToolTip(4, plainToolTip(shown(entry.detail)));
        rows << row;
    }
    m_log->addTopLevelItems(rows);
    for (int column = 0; column < 4; ++column)
        m_log->resizeColumnToContents(column);
    filter();
}

void AuditDialog::filter()
{
    const QString wanted = m_filter->text().trimmed();
    for (int i = 0; i < m_log->topLevelItemCount(); ++i) {
        QTreeWidgetItem* row = m_log->topLevelItem(i);
        bool match = wanted.isEmpty();
        for (int column = 0; column < m_log->columnCount() && !match; ++column)
            match = row->text(column).contains(wanted, Qt::CaseInsensitive);
        row->setHidden(!match);
    }
}

void AuditDialog::fillCertificates()
{
    m_certificates->clear();
    const Stack& stack = m_store->stack();
    std::vector<actions::Expiry> all = actions::machineExpiries(stack);
    all.insert(all.end(), m_asked.begin(), m_asked.end());
    all = actions::inOrder(std::move(all));
    const UnixMs now = m_clock();
    for (const actions::Expiry& entry : all) {
        auto* row = new QTreeWidgetItem(m_certificates);
        const qint64 days = (entry.at - now) / kDayMs;
        row->setText(0, when(entry.at));
        row->setIcon(1, healthIcon(entry.at <= now || days < kLastWarningDays ? Health::Failed
                                   : days < kFirstWarningDays                 ? Health::Warning
                                                                              : Health::Ok));
        row->setText(1, entry.at <= now ? tr("expired") : tr("%n days", nullptr, int(days)));
        row->setText(2, shown((entry.ns.empty() ? std::string() : entry.ns + "/") + entry.name));
        row->setText(3, cleaned(actions::whatWords(entry.what)));
        row->setText(4, shown(entry.cluster));
        row->setText(5, cleaned(entry.renewed));
        row->setToolTip(5, plainToolTip(cleaned(entry.renewed)));
        const Item* item = stack.find(entry.item);
        row->setData(0, Qt::UserRole, item == nullptr ? QString() : QString::fromStdString(item->key));
    }
    if (all.empty()) {
        auto* row = new QTreeWidgetItem(m_certificates);
        row->setFirstColumnSpanned(true);
        row->setText(0, tr("Nothing tells when its certificates expire."));
        row->setDisabled(true);
    }
    for (int column = 0; column < 5; ++column)
        m_certificates->resizeColumnToContents(column);
}

// The kubeconfigs of all tenants: one question a cluster.
void AuditDialog::askCertificates()
{
    const Stack& stack = m_store->stack();
    for (const ItemId root : stack.roots(Tree::Tenants)) {
        const Item* item = stack.find(root);
        if (item == nullptr || item->kind != ItemKind::TenantCluster)
            continue;
        const actions::Question question = actions::kubeconfigQuestion(item->ns, item->name);
        auto reading = m_runs->ask(item->source, {}, {}, {question}, {}, this,
                                   [this, question, root, ns = item->ns,
                                    name = item->name](const Result<actions::Answers>& answers) {
                                       if (!answers)
                                           return;
                                       for (actions::Expiry& each : actions::kubeconfigExpiries(
                                                ns, name, root, *answers->find(question)))
                                           m_asked.push_back(std::move(each));
                                       fillCertificates();
                                   });
        if (reading)
            m_readings.push_back(std::move(reading));
    }
}

} // namespace strata::ui
