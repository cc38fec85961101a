// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connect/clusterdialog.h"

#include "core/base/text.h"
#include "ui/connect/contextlist.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/tablecopy.h"
#include "ui/widgets/themedlabel.h"

#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

namespace strata::ui {

class ClusterDialog::Private {
public:
    ClusterDialog* q;
    ContextList* list = nullptr;
    QTableView* table = nullptr;
    ThemedLabel* state = nullptr;
    QLineEdit* name = nullptr;
    QPushButton* connectButton = nullptr;
    bool nameTyped = false;

    int row() const { return table->currentIndex().isValid() ? table->currentIndex().row() : -1; }

    void update()
    {
        const int at = row();
        connectButton->setEnabled(list->usable(at) && !name->text().trimmed().isEmpty());
        const QString problem = list->problem(at);
        if (!problem.isEmpty()) {
            state->setRole(list->usable(at) ? TextRole::Warning : TextRole::Failed);
            state->showText(list->usable(at) ? problem + QLatin1Char('\n') +
                                                   tr("You can connect all the same: Strata keeps trying.")
                                             : problem);
        } else if (list->rowCount() == 0) {
            state->setRole(TextRole::Muted);
            state->showText(
                list->reading()
                    ? tr("Reading kubeconfig files…")
                    : tr("No kubeconfig was found in the usual places ($KUBECONFIG, ~/.kube/config). "
                         "Use Browse… to choose one."));
        } else {
            state->setRole(TextRole::Muted);
            const ContextRow* context = list->context(at);
            state->showText(context != nullptr && context->config && context->config->insecureSkipTlsVerify
                                ? tr("Certificate checks are off for this context.")
                                : QString());
        }
    }
};

ClusterDialog::ClusterDialog(const ConnectServices& services, QWidget* parent)
    : QDialog(parent), m_d(std::make_unique<Private>())
{
    Private& d = *m_d;
    d.q = this;
    setWindowTitle(tr("Connect a cluster"));
    resize(820, 460);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(12);
    auto* words =
        new ThemedLabel(tr("The outer (management) cluster: the one with KubeVirt and Cluster API. Its "
                           "tenants' clusters are found by themselves."),
                        TextRole::Muted, this);
    words->setWordWrap(true);
    layout->addWidget(words);

    d.list = new ContextList(services, this);
    d.table = new QTableView(this);
    d.table->setModel(d.list);
    d.table->setAccessibleName(tr("Contexts"));
    d.table->setSelectionBehavior(QTableView::SelectRows);
    d.table->setSelectionMode(QTableView::SingleSelection);
    d.table->setEditTriggers(QTableView::NoEditTriggers);
    d.table->setShowGrid(false);
    d.table->setTabKeyNavigation(false);
    d.table->setWordWrap(false);
    d.table->setTextElideMode(Qt::ElideMiddle);
    d.table->verticalHeader()->hide();
    d.table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 12);
    QHeaderView* header = d.table->horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionResizeMode(ContextList::Name, QHeaderView::Interactive);
    header->setSectionResizeMode(ContextList::Server, QHeaderView::Stretch);
    header->setSectionResizeMode(ContextList::State, QHeaderView::ResizeToContents);
    header->setSectionResizeMode(ContextList::File, QHeaderView::ResizeToContents);
    header->setMaximumSectionSize(280);
    header->resizeSection(ContextList::Name, 190);
    d.table->setItemDelegate(new CellDelegate(d.table));
    installTableCopy(d.table);
    layout->addWidget(d.table, 1);

    d.state = new ThemedLabel(TextRole::Muted, this);
    d.state->setWordWrap(true);
    d.state->setMinimumHeight(fontMetrics().lineSpacing() * 2);
    d.state->setAlignment(Qt::AlignLeading | Qt::AlignTop);
    d.state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(d.state);

    auto* form = new QFormLayout;
    d.name = new QLineEdit(this);
    d.name->setMaxLength(63);
    d.name->setPlaceholderText(tr("What you call it, e.g. rack-a"));
    form->addRow(tr("&Name"), d.name);
    layout->addLayout(form);

    auto* buttons = new QHBoxLayout;
    auto* browse = new QPushButton(tr("&Browse…"), this);
    auto* again = new QPushButton(tr("Check a&gain"), this);
    auto* cancel = new QPushButton(tr("Cancel"), this);
    d.connectButton = new QPushButton(tr("&Connect"), this);
    d.connectButton->setDefault(true);
    for (QPushButton* button : {browse, again, cancel})
        button->setAutoDefault(false);
    buttons->addWidget(browse);
    buttons->addWidget(again);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(d.connectButton);
    layout->addLayout(buttons);

    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(again, &QPushButton::clicked, d.list, &ContextList::checkAgain);
    connect(browse, &QPushButton::clicked, this, [this] {
        auto* dialog =
            new QFileDialog(this, tr("Choose a kubeconfig"), QDir::homePath() + QStringLiteral("/.kube"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::ExistingFile);
        dialog->setFilter(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
        connect(dialog, &QFileDialog::fileSelected, this, &ClusterDialog::addFile);
        dialog->open();
    });
    connect(d.name, &QLineEdit::textEdited, this, [this] {
        m_d->nameTyped = !m_d->name->text().isEmpty();
        m_d->update();
    });
    connect(d.table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        const ContextRow* context = m_d->list->context(m_d->row());
        if (context != nullptr && !m_d->nameTyped)
            m_d->name->setText(QString::fromStdString(cleanText(context->name, 63)));
        m_d->update();
    });
    connect(d.list, &ContextList::rowChecked, this, [this] { m_d->update(); });
    connect(d.list, &ContextList::filesRead, this, [this] {
        if (m_d->row() < 0) {
            const int first = m_d->list->firstUsable();
            m_d->table->setCurrentIndex(m_d->list->index(first < 0 ? 0 : first, 0));
        }
        m_d->update();
    });
    const auto accept = [this] {
        const int row = m_d->row();
        if (!m_d->connectButton->isEnabled() || !m_d->list->usable(row))
            return;
        const kube::ClusterConfig config = *m_d->list->context(row)->config;
        Q_EMIT connectCluster(config, m_d->name->text().trimmed(), m_d->list->path(row));
        this->accept();
    };
    connect(d.connectButton, &QPushButton::clicked, this, accept);
    connect(d.table, &QTableView::doubleClicked, this, accept);

    if (services.usualPaths) {
        for (const std::string& path : services.usualPaths())
            d.list->addFile(QString::fromStdString(path));
    }
    d.update();
    d.table->setFocus();
}

ClusterDialog::~ClusterDialog() = default;

void ClusterDialog::addFile(const QString& path)
{
    m_d->list->addFile(path);
    m_d->update();
}

} // namespace strata::ui
