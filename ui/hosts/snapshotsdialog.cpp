// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/hosts/snapshotsdialog.h"

#include "core/hosts/domainwords.h"
#include "ui/connect/errorwords.h"
#include "ui/hosts/domaindialog.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/wizard/clusterruns.h"

#include <QDateTime>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHash>
#include <QHeaderView>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace strata::ui {

using virt::DomainVerb;

SnapshotsDialog::SnapshotsDialog(const HostServices& services, ClusterRuns* runs, const StackStore* store,
                                 const DomainTarget& target, QWidget* parent)
    : QDialog(parent), m_services(services), m_runs(runs), m_store(store), m_target(target)
{
    setObjectName(QStringLiteral("snapshotsDialog"));
    setWindowTitle(tr("Snapshots"));
    resize(720, 460);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(10);
    auto* title = new ThemedLabel(tr("Snapshots of domain %1").arg(shown(target.name)), TextRole::Text, this);
    title->setLook(1.3, QFont::DemiBold);
    title->setWordWrap(true);
    layout->addWidget(title);
    m_tree = new QTreeWidget(this);
    m_tree->setAccessibleName(tr("Snapshots"));
    m_tree->setHeaderLabels({tr("Name"), tr("Taken"), tr("The domain was"), tr("Description")});
    m_tree->setUniformRowHeights(true);
    m_tree->setItemDelegate(new CellDelegate(m_tree));
    m_tree->header()->setStretchLastSection(true);
    m_tree->header()->resizeSection(0, 240);
    m_tree->header()->resizeSection(1, 180);
    m_tree->header()->resizeSection(2, 130);
    layout->addWidget(m_tree, 1);
    auto* rowButtons = new QHBoxLayout;
    m_revert = new QPushButton(tr("&Go back to it…"), this);
    m_revert->setObjectName(QStringLiteral("revert"));
    m_delete = new QPushButton(tr("&Delete…"), this);
    m_delete->setObjectName(QStringLiteral("delete"));
    m_delete->setProperty("danger", true);
    rowButtons->addStretch();
    rowButtons->addWidget(m_revert);
    rowButtons->addWidget(m_delete);
    layout->addLayout(rowButtons);

    auto* form = new QFormLayout;
    form->setHorizontalSpacing(14);
    m_name = new QLineEdit(this);
    m_name->setObjectName(QStringLiteral("name"));
    m_name->setMaxLength(100);
    m_name->setText(QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-dd-hhmm")));
    m_description = new QLineEdit(this);
    m_description->setObjectName(QStringLiteral("description"));
    m_description->setMaxLength(500);
    form->addRow(tr("New snapshot's &name"), m_name);
    form->addRow(tr("D&escription"), m_description);
    layout->addLayout(form);
    m_words = new ThemedLabel(TextRole::Muted, this);
    m_words->setObjectName(QStringLiteral("words"));
    m_words->setWordWrap(true);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_words);
    auto* buttons = new QHBoxLayout;
    auto* close = new QPushButton(tr("Close"), this);
    m_take = new QPushButton(tr("&Take snapshot"), this);
    m_take->setObjectName(QStringLiteral("take"));
    m_take->setProperty("primary", true);
    buttons->addStretch();
    buttons->addWidget(close);
    buttons->addWidget(m_take);
    layout->addLayout(buttons);
    for (QPushButton* each : {m_revert, m_delete, close, m_take})
        each->setAutoDefault(false);

    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_take, &QPushButton::clicked, this, &SnapshotsDialog::takeOne);
    connect(m_revert, &QPushButton::clicked, this, [this] { ask(DomainVerb::RevertSnapshot); });
    connect(m_delete, &QPushButton::clicked, this, [this] { ask(DomainVerb::DeleteSnapshot); });
    connect(m_name, &QLineEdit::textChanged, this, [this] { enable(); });
    connect(m_tree, &QTreeWidget::itemSelectionChanged, this, [this] { enable(); });
    reload();
}

void SnapshotsDialog::say(const QString& text, bool failed)
{
    m_words->setRole(failed ? TextRole::Failed : TextRole::Muted);
    m_words->showText(text);
}

void SnapshotsDialog::reload()
{
    m_busy = true;
    say(tr("Reading…"), false);
    enable();
    m_services.domain(m_target.uri, m_target.uuid, this,
                      [this](Result<virt::DomainDetail> detail) { fill(detail); });
}

void SnapshotsDialog::fill(const Result<virt::DomainDetail>& detail)
{
    m_busy = false;
    m_tree->clear();
    m_possible = detail && detail->noSnapshots.empty();
    if (!m_possible) {
        say(detail ? cleaned(detail->noSnapshots) : errorText(detail.error()), true);
        enable();
        return;
    }
    m_target.state = detail->row.facts.state;
    m_target.keeper = detail->row.keeper;
    QHash<QString, QTreeWidgetItem*> rows;
    for (const virt::Snapshot& one : detail->snapshots) {
        const QString name = shown(one.name);
        const QStringList texts = {
            one.current ? tr("%1 (current)").arg(name) : name,
            one.createdAt == 0
                ? QString()
                : QLocale().toString(QDateTime::fromMSecsSinceEpoch(one.createdAt), QLocale::ShortFormat),
            shown(one.state), shown(one.description)};
        QTreeWidgetItem* parent = rows.value(shown(one.parent));
        auto* row =
            parent != nullptr ? new QTreeWidgetItem(parent, texts) : new QTreeWidgetItem(m_tree, texts);
        row->setData(0, Qt::UserRole, name);
        row->setToolTip(3, plainToolTip(texts[3]));
        rows.insert(name, row);
        if (one.current)
            m_tree->setCurrentItem(row);
    }
    m_tree->expandAll();
    say(detail->snapshots.empty() ? tr("There is none yet.")
                                  : tr("While the domain runs its memory is kept, too."),
        false);
    enable();
}

void SnapshotsDialog::enable()
{
    const bool chosen = m_tree->currentItem() != nullptr;
    m_take->setEnabled(m_possible && !m_busy && !m_name->text().trimmed().isEmpty());
    m_revert->setEnabled(m_possible && !m_busy && chosen);
    m_delete->setEnabled(m_possible && !m_busy && chosen);
}

void SnapshotsDialog::takeOne()
{
    virt::DomainRequest request;
    request.verb = DomainVerb::CreateSnapshot;
    request.domain = m_target.uuid;
    request.snapshot = m_name->text().trimmed().toStdString();
    request.description = m_description->text().trimmed().toStdString();
    const QString what = shown(hosts::auditPlan(m_target.uri, m_target.name, request).title);
    m_busy = true;
    m_words->setRole(TextRole::Progressing);
    m_words->showText(tr("Taking it; the domain stands still meanwhile…"));
    enable();
    actAudited(m_services, m_runs, m_target, request, this, [this, what](Result<virt::DomainDone> done) {
        m_busy = false;
        if (!done) {
            say(errorText(done.error()), true);
            enable();
            Q_EMIT failedWith(what, errorText(done.error()));
            return;
        }
        m_description->clear();
        Q_EMIT finishedWell(what);
        reload();
    });
}

void SnapshotsDialog::ask(DomainVerb verb)
{
    const QTreeWidgetItem* row = m_tree->currentItem();
    if (row == nullptr)
        return;
    virt::DomainRequest request;
    request.verb = verb;
    request.domain = m_target.uuid;
    request.snapshot = row->data(0, Qt::UserRole).toString().toStdString();
    auto* dialog = new DomainDialog(m_services, m_runs, m_store, m_target, request, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &DomainDialog::finishedWell, this, [this](const QString& what) {
        Q_EMIT finishedWell(what);
        reload();
    });
    connect(dialog, &DomainDialog::failedWith, this, &SnapshotsDialog::failedWith);
    dialog->open();
}

} // namespace strata::ui
