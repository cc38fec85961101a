// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/imagesdialog.h"

#include "core/base/quantity.h"
#include "ui/actions/imageuploads.h"
#include "ui/connect/errorwords.h"
#include "ui/stack/stackstore.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/wizard/clusterruns.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTabWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {

using namespace stack;
using Phase = actions::UploadProgress::Phase;

namespace {

constexpr int kAgainMs = 3000;

const actions::Question kVolumes{
    provision::Target::Outer, {"cdi.kubevirt.io/v1beta1", "DataVolume", {}, {}}, {}};
const actions::Question kVms{provision::Target::Outer, {"kubevirt.io/v1", "VirtualMachine", {}, {}}, {}};
const actions::Question kSources{
    provision::Target::Outer, {"cdi.kubevirt.io/v1beta1", "DataSource", {}, {}}, {}};
const actions::Question kCrons{
    provision::Target::Outer, {"cdi.kubevirt.io/v1beta1", "DataImportCron", {}, {}}, {}};

QTreeWidget* table(QWidget* parent, const QString& name, const QStringList& headers)
{
    auto* tree = new QTreeWidget(parent);
    tree->setAccessibleName(name);
    tree->setRootIsDecorated(false);
    tree->setUniformRowHeights(true);
    tree->setHeaderLabels(headers);
    tree->header()->setStretchLastSection(true);
    return tree;
}

void fit(QTreeWidget* tree)
{
    for (int column = 0; column + 1 < tree->columnCount(); ++column) {
        tree->resizeColumnToContents(column);
        tree->setColumnWidth(column, std::min(tree->columnWidth(column) + 8, 300));
    }
}

} // namespace

ImagesDialog::ImagesDialog(ClusterRuns* runs, StackStore* store, ImageUploads* uploads, QWidget* parent)
    : QDialog(parent), m_runs(runs), m_store(store), m_uploads(uploads)
{
    setWindowTitle(tr("Images"));
    setObjectName(QStringLiteral("imagesDialog"));
    resize(980, 540);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(10);
    m_sources = new QComboBox(this);
    m_sources->setAccessibleName(tr("Outer cluster"));
    for (const SourceId id : store->stack().sources()) {
        const SourceState* state = store->stack().source(id);
        if (state != nullptr && state->kind == SourceKind::OuterCluster)
            m_sources->addItem(shown(state->name), QVariant::fromValue<quint32>(id));
    }
    m_sources->setVisible(m_sources->count() > 1);
    layout->addWidget(m_sources);
    m_tabs = new QTabWidget(this);
    m_list = table(m_tabs, tr("Images"), {tr("Image"), tr("State"), tr("Size"), tr("From"), tr("Used by")});
    m_list->setObjectName(QStringLiteral("images"));
    m_crons = table(m_tabs, tr("Scheduled imports"),
                    {tr("Name"), tr("When"), tr("From"), tr("Data source"), tr("State")});
    m_crons->setObjectName(QStringLiteral("crons"));
    m_tabs->addTab(m_list, tr("Images"));
    m_tabs->addTab(m_crons, tr("Scheduled imports"));
    layout->addWidget(m_tabs, 1);
    m_words = new ThemedLabel(TextRole::Muted, this);
    m_words->setObjectName(QStringLiteral("words"));
    m_words->setWordWrap(true);
    m_words->setMinimumHeight(m_words->fontMetrics().lineSpacing() * 2);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_words);
    auto* buttons = new QHBoxLayout;
    const auto button = [&](const QString& text, const char* name, ImageForm::What what) {
        auto* made = new QPushButton(text, this);
        made->setObjectName(QString::fromLatin1(name));
        made->setAutoDefault(false);
        connect(made, &QPushButton::clicked, this, [this, what] { openForm(what); });
        buttons->addWidget(made);
        return made;
    };
    button(tr("&Import…"), "import", ImageForm::What::Import)->setProperty("primary", true);
    button(tr("&Upload a file…"), "upload", ImageForm::What::Upload);
    button(tr("&Schedule imports…"), "schedule", ImageForm::What::Schedule);
    m_clone = button(tr("&Clone…"), "clone", ImageForm::What::Clone);
    m_delete = button(tr("&Delete…"), "delete", ImageForm::What::Delete);
    m_stop = new QPushButton(tr("&Stop the upload"), this);
    m_stop->setAutoDefault(false);
    buttons->addWidget(m_stop);
    buttons->addStretch();
    auto* close = new QPushButton(tr("Close"), this);
    close->setAutoDefault(false);
    buttons->addWidget(close);
    layout->addLayout(buttons);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    connect(m_stop, &QPushButton::clicked, this, [this] {
        const QString name = chosen();
        const auto* upload = m_uploads->find(source(), name.section(QLatin1Char('/'), 0, 0).toStdString(),
                                             name.section(QLatin1Char('/'), 1).toStdString());
        if (upload != nullptr)
            m_uploads->cancel(upload->id);
    });
    connect(m_list, &QTreeWidget::currentItemChanged, this, &ImagesDialog::explain);
    connect(m_sources, &QComboBox::currentIndexChanged, this, [this] {
        m_answered = false;
        m_list->clear();
        m_crons->clear();
        ask();
    });
    connect(m_uploads, &ImageUploads::changed, this, &ImagesDialog::fill);
    m_again.setSingleShot(true);
    m_again.setInterval(kAgainMs);
    connect(&m_again, &QTimer::timeout, this, &ImagesDialog::ask);
    enable();
    ask();
}

ImagesDialog::~ImagesDialog() = default;

SourceId ImagesDialog::source() const
{
    return m_sources->currentData().value<quint32>();
}

QString ImagesDialog::chosen() const
{
    return m_list->currentItem() == nullptr ? QString()
                                            : m_list->currentItem()->data(0, Qt::UserRole).toString();
}

void ImagesDialog::ask()
{
    m_reading = m_runs->ask(source(), {}, {}, {kVolumes, kVms, kSources, kCrons}, {}, this,
                            [this](const Result<actions::Answers>& answers) {
                                m_again.start();
                                if (!answers) {
                                    m_words->setRole(TextRole::Failed);
                                    m_words->showText(errorText(answers.error()));
                                    return;
                                }
                                takeAnswers(*answers);
                            });
    if (!m_reading) {
        m_words->setRole(TextRole::Failed);
        m_words->showText(tr("Its cluster is not connected."));
    }
}

void ImagesDialog::takeAnswers(const actions::Answers& answers)
{
    const bool first = m_images.empty() && m_schedules.empty(); // widths are the operator's afterwards
    m_answered = true;
    m_dataVolumes = *answers.find(kVolumes);
    m_images = actions::imagesOf(m_dataVolumes, *answers.find(kVms), *answers.find(kSources));
    m_schedules = actions::schedulesOf(*answers.find(kCrons));
    fill();
    if (first) {
        fit(m_list);
        fit(m_crons);
    }
}

void ImagesDialog::fill()
{
    const QString kept = chosen();
    {
        const QSignalBlocker quiet(m_list);
        m_list->clear();
        QTreeWidgetItem* again = nullptr;
        for (const actions::ImageRow& each : m_images) {
            auto* row = new QTreeWidgetItem(m_list);
            const QString name = shown(each.ns + "/" + each.name);
            row->setText(0, name);
            row->setData(0, Qt::UserRole, name);
            const ImageUploads::Upload* upload = m_uploads->find(source(), each.ns, each.name);
            const bool sends = upload != nullptr && !isEnd(upload->progress.phase);
            row->setIcon(1, healthIcon(each.failed                               ? Health::Failed
                                       : each.phase == "Succeeded" || each.waits ? Health::Ok
                                                                                 : Health::Progressing));
            QString state = each.phase.empty() ? tr("Pending") : shown(each.phase);
            if (!each.progress.empty() && each.phase != "Succeeded" && each.progress != "N/A")
                state = tr("%1 %2").arg(state, shown(each.progress));
            if (sends && upload->progress.phase == Phase::Sending)
                state = tr("sending %1 of %2")
                            .arg(shown(formatBytes(upload->progress.sent)),
                                 shown(formatBytes(upload->progress.bytes)));
            row->setText(1, state);
            row->setText(2, each.bytes > 0 ? shown(formatBytes(each.bytes)) : QString());
            row->setText(3, shown(each.source));
            QStringList users;
            for (const std::string& user : each.users)
                users << shown(user);
            row->setText(4, users.isEmpty() ? tr("nobody") : users.join(QStringLiteral(", ")));
            row->setToolTip(3, plainToolTip(row->text(3)));
            row->setToolTip(4, plainToolTip(users.join(QLatin1Char('\n'))));
            if (name == kept)
                again = row;
        }
        if (m_images.empty() && m_answered) {
            auto* row = new QTreeWidgetItem(m_list);
            row->setText(0, tr("There are no images yet."));
            row->setFirstColumnSpanned(true);
            row->setDisabled(true);
        }
        if (again != nullptr)
            m_list->setCurrentItem(again);
    }
    m_crons->clear();
    for (const actions::ScheduleRow& each : m_schedules) {
        auto* row = new QTreeWidgetItem(m_crons);
        row->setIcon(0, healthIcon(each.upToDate ? Health::Ok : Health::Progressing));
        row->setText(0, shown(each.ns + "/" + each.name));
        row->setText(1, each.schedule.empty() ? tr("once") : shown(each.schedule));
        row->setText(2, shown(each.url));
        row->setText(3, shown(each.dataSource));
        row->setText(4, shown(each.words));
    }
    explain();
}

void ImagesDialog::explain()
{
    enable();
    const QString name = chosen();
    const auto found = std::find_if(m_images.begin(), m_images.end(), [&](const actions::ImageRow& each) {
        return shown(each.ns + "/" + each.name) == name;
    });
    if (found == m_images.end()) {
        m_words->setRole(TextRole::Muted);
        m_words->showText(m_answered
                              ? tr("Choose an image to see what it waits for and what can be done with it.")
                              : tr("Asking the servers…"));
        return;
    }
    const ImageUploads::Upload* upload = m_uploads->find(source(), found->ns, found->name);
    if (upload != nullptr && !isEnd(upload->progress.phase)) {
        const QString words = cleaned(upload->progress.words);
        m_words->setRole(upload->progress.error ? TextRole::Warning : TextRole::Muted);
        m_words->showText(upload->progress.attempt > 1
                              ? tr("%1 (try %2)").arg(words).arg(upload->progress.attempt)
                              : words);
        return;
    }
    m_words->setRole(found->failed ? TextRole::Failed : TextRole::Muted);
    m_words->showText(shown(found->words));
}

void ImagesDialog::enable()
{
    const QString name = chosen();
    m_clone->setEnabled(!name.isEmpty());
    m_delete->setEnabled(!name.isEmpty());
    const ImageUploads::Upload* upload =
        name.isEmpty() ? nullptr
                       : m_uploads->find(source(), name.section(QLatin1Char('/'), 0, 0).toStdString(),
                                         name.section(QLatin1Char('/'), 1).toStdString());
    m_stop->setVisible(upload != nullptr && !isEnd(upload->progress.phase));
}

ImageForm* ImagesDialog::openForm(ImageForm::What what)
{
    const QString name = chosen();
    const bool about = what == ImageForm::What::Clone || what == ImageForm::What::Delete;
    if (about && name.isEmpty())
        return nullptr;
    std::vector<std::string> used;
    for (const actions::ImageRow& each : m_images) {
        if (shown(each.ns + "/" + each.name) == name)
            used = each.users;
    }
    auto* form = new ImageForm(m_runs, m_store, m_uploads, what, source(), about ? name : QString(),
                               m_dataVolumes, used, this);
    form->setAttribute(Qt::WA_DeleteOnClose);
    connect(form, &ImageForm::begun, this, &ImagesDialog::begun);
    connect(form, &QDialog::accepted, this, &ImagesDialog::ask);
    form->show();
    return form;
}

} // namespace strata::ui
