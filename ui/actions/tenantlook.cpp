// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/tenantlook.h"

#include "core/actions/deletion.h"
#include "core/actions/services.h"
#include "ui/connect/errorwords.h"
#include "ui/stack/stackstore.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/wizard/clusterruns.h"

#include <QDateTime>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLocale>
#include <QSignalBlocker>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {

using namespace stack;

namespace {

constexpr int kAgainMs = 5000;
constexpr int kStepRole = Qt::UserRole;

QString ago(UnixMs ms)
{
    const qint64 minutes = std::max<UnixMs>(ms, 0) / 60000;
    if (minutes >= 2880)
        return TenantLook::tr("%1 d").arg(minutes / 1440);
    if (minutes >= 120)
        return TenantLook::tr("%1 h").arg(minutes / 60);
    return TenantLook::tr("%1 min").arg(minutes);
}

} // namespace

bool TenantLook::makesSense(const StackStore* store, What what, ItemId id)
{
    const Item* item = store->stack().find(id);
    if (item == nullptr || item->kind != ItemKind::TenantCluster)
        return false;
    const ItemFacts facts = store->stack().facts(id);
    if (what == What::Services)
        return facts.innerSource != nullptr;
    return facts.cluster != nullptr && facts.cluster->meta.deleting != 0;
}

TenantLook::TenantLook(ClusterRuns* runs, StackStore* store, Clock clock, What what, ItemId cluster,
                       QWidget* parent)
    : QDialog(parent), m_runs(runs), m_store(store), m_clock(std::move(clock)), m_what(what)
{
    setObjectName(QStringLiteral("tenantLook"));
    resize(920, 520);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(10);
    m_title = new ThemedLabel(TextRole::Text, this);
    m_title->setLook(1.3, QFont::DemiBold);
    m_title->setWordWrap(true);
    layout->addWidget(m_title);
    m_rows = new QTreeWidget(this);
    m_rows->setObjectName(QStringLiteral("rows"));
    m_rows->setUniformRowHeights(true);
    m_rows->header()->setStretchLastSection(true);
    layout->addWidget(m_rows, 1);
    m_words = new ThemedLabel(TextRole::Muted, this);
    m_words->setObjectName(QStringLiteral("words"));
    m_words->setWordWrap(true);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_words);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    const Item* item = store->stack().find(cluster);
    if (item != nullptr) {
        m_source = item->source;
        m_ns = item->ns;
        m_cluster = item->name;
        const ClusterFact* fact = store->stack().facts(cluster).cluster;
        m_questions = what == What::Deletion
                          ? actions::deletionQuestions(
                                fact != nullptr ? fact->meta.apiVersion : std::string(), m_ns, m_cluster)
                          : actions::serviceQuestions(m_ns, m_cluster);
    }
    const QString name = shown(m_ns + "/" + m_cluster);
    if (what == What::Deletion) {
        setWindowTitle(tr("What is left of %1").arg(name));
        m_title->showText(windowTitle());
        m_rows->setAccessibleName(windowTitle());
        m_rows->setHeaderLabels({tr("Object"), tr("Going for"), tr("Held by"), tr("Why")});
        connect(m_rows, &QTreeWidget::currentItemChanged, this, [this](const QTreeWidgetItem* row) {
            if (row == nullptr)
                return;
            const QString step = row->data(0, kStepRole).toString();
            m_words->setRole(step.isEmpty() ? TextRole::Muted : TextRole::Text);
            m_words->showText(step.isEmpty() ? row->text(3) : tr("Next: %1").arg(step));
        });
    } else {
        setWindowTitle(tr("Services of %1").arg(name));
        m_title->showText(windowTitle());
        m_rows->setAccessibleName(windowTitle());
        m_rows->setRootIsDecorated(false);
        m_rows->setHeaderLabels(
            {tr("Service"), tr("Type"), tr("Address"), tr("Ports"), tr("Outside"), tr("Address there")});
        connect(m_rows, &QTreeWidget::currentItemChanged, this, [this](const QTreeWidgetItem* row) {
            if (row != nullptr)
                m_words->showText(row->data(0, kStepRole).toString());
        });
    }
    m_again.setSingleShot(true);
    m_again.setInterval(kAgainMs);
    connect(&m_again, &QTimer::timeout, this, &TenantLook::ask);
    m_words->showText(tr("Asking the servers…"));
    ask();
}

TenantLook::~TenantLook() = default;

void TenantLook::ask()
{
    m_reading = m_runs->ask(m_source, m_ns, m_cluster, m_questions, {}, this,
                            [this](const Result<actions::Answers>& answers) { take(answers); });
    if (!m_reading) {
        m_words->setRole(TextRole::Failed);
        m_words->showText(tr("Its cluster is not connected."));
    }
}

void TenantLook::take(const Result<actions::Answers>& answers)
{
    m_again.start();
    if (!answers) {
        m_words->setRole(TextRole::Failed);
        m_words->showText(errorText(answers.error()));
        return;
    }
    // What was chosen stays so.
    const QString chosen = m_rows->currentItem() != nullptr ? m_rows->currentItem()->text(0) : QString();
    const bool first = !m_answered;
    m_answered = true;
    const QSignalBlocker quiet(m_rows);
    m_rows->clear();
    if (first)
        m_words->showText({});
    if (m_what == What::Deletion)
        showDeletion(*answers);
    else
        showServices(*answers);
    if (first) {
        for (int column = 0; column + 1 < m_rows->columnCount(); ++column) {
            m_rows->resizeColumnToContents(column);
            const int widest =
                m_what == What::Deletion || column == 0 ? 330 : 200; // the last one stays in view
            m_rows->setColumnWidth(column, std::min(m_rows->columnWidth(column) + 8, widest));
        }
    }
    const QList<QTreeWidgetItem*> again = m_rows->findItems(chosen, Qt::MatchExactly | Qt::MatchRecursive, 0);
    if (!chosen.isEmpty() && !again.isEmpty())
        m_rows->setCurrentItem(again.front());
}

void TenantLook::showDeletion(const actions::Answers& answers)
{
    const UnixMs now = m_clock();
    const actions::DeletionPicture picture = actions::deletionOf(m_questions, answers, now);
    std::vector<QTreeWidgetItem*> parents;
    QTreeWidgetItem* culprit = nullptr;
    for (const actions::Remnant& each : picture.remnants) {
        const auto depth = static_cast<std::size_t>(each.depth);
        parents.resize(std::min(parents.size(), depth));
        auto* row = parents.empty() ? new QTreeWidgetItem(m_rows) : new QTreeWidgetItem(parents.back());
        parents.push_back(row);
        row->setText(0, shown(each.kind + " " + each.name));
        row->setIcon(0, healthIcon(each.stuck                ? Health::Failed
                                   : each.holds              ? Health::Warning
                                   : each.deletingSince != 0 ? Health::Progressing
                                                             : Health::Unknown));
        if (each.deletingSince != 0) {
            row->setText(1, ago(now - each.deletingSince));
            row->setToolTip(1, QLocale().toString(QDateTime::fromMSecsSinceEpoch(each.deletingSince),
                                                  QLocale::ShortFormat));
        }
        QStringList finalizers;
        for (const std::string& finalizer : each.finalizers)
            finalizers << shown(finalizer);
        row->setText(2, each.holder.empty() ? finalizers.join(QStringLiteral(", ")) : shown(each.holder));
        row->setToolTip(2, plainToolTip(finalizers.join(QLatin1Char('\n'))));
        row->setText(3, shown(each.words));
        row->setToolTip(3,
                        plainToolTip(shown(each.step.empty() ? each.words : each.words + "\n" + each.step)));
        row->setData(0, kStepRole, shown(each.step));
        if (each.holds && culprit == nullptr)
            culprit = row;
        if (each.holds) {
            QFont font = row->font(0);
            font.setBold(true);
            row->setFont(0, font);
        }
    }
    m_rows->expandAll();
    if (picture.gone) {
        m_words->setRole(TextRole::Ok);
        m_words->showText(tr("It is gone."));
        return;
    }
    if (m_rows->currentItem() == nullptr && culprit != nullptr && m_words->text().isEmpty()) {
        m_rows->setCurrentItem(culprit);
        const QString step = culprit->data(0, kStepRole).toString();
        m_words->setRole(TextRole::Text);
        m_words->showText(step.isEmpty() ? culprit->text(3)
                                         : tr("%1 holds it. Next: %2").arg(culprit->text(0), step));
    }
}

void TenantLook::showServices(const actions::Answers& answers)
{
    const std::vector<actions::ServiceRow> rows = actions::servicesOf(m_questions, answers, m_cluster, true);
    for (const actions::ServiceRow& each : rows) {
        auto* row = new QTreeWidgetItem(m_rows);
        row->setIcon(0, healthIcon(each.failed ? Health::Failed : Health::Ok));
        row->setText(0, shown(each.ns + "/" + each.name));
        row->setText(1, each.kind == "Ingress" ? tr("Ingress %1").arg(shown(each.type)) : shown(each.type));
        row->setText(2, shown(each.address));
        row->setText(3, shown(each.ports));
        row->setText(4, shown(each.outer));
        row->setText(5, shown(each.outerAddress));
        for (int column = 0; column < 6; ++column)
            row->setToolTip(column, plainToolTip(each.words.empty() ? row->text(column) : shown(each.words)));
        row->setData(0, kStepRole, shown(each.words));
    }
    if (rows.empty()) {
        m_words->setRole(TextRole::Muted);
        m_words->showText(tr("It has no services, or they may not be read."));
    }
}

} // namespace strata::ui
