// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/deploydialog.h"

#include "core/provision/journal.h"
#include "ui/connect/errorwords.h"
#include "ui/theme/theme.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/codefield.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/highlighter.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/windowsize.h"
#include "ui/wizard/aside.h"
#include "ui/wizard/clusterruns.h"
#include "ui/wizard/linediff.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTextDocument>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace strata::ui {

using namespace provision;

namespace {

constexpr qint64 kLargestFile = 16 << 20;
constexpr int kIndexRole = Qt::UserRole + 20;

} // namespace

DeployDialog::DeployDialog(ClusterRuns* runs, std::shared_ptr<kube::Client> outer, const std::string& ns,
                           const std::string& cluster, QWidget* parent)
    : QDialog(parent, Qt::Window), m_runs(runs), m_outer(std::move(outer)), m_ns(ns), m_cluster(cluster)
{
    setWindowTitle(tr("Deploy into %1/%2").arg(cleaned(ns), cleaned(cluster)));
    setObjectName(QStringLiteral("deployDialog"));
    resizeWithin(this, {960, 680});
    makeParts();
    enable();
    reach();
}

DeployDialog::~DeployDialog() = default;

void DeployDialog::makeParts()
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(10);
    auto* from = new QHBoxLayout;
    auto* file = new QPushButton(tr("From a &file…"), this);
    m_url = new QLineEdit(this);
    m_url->setPlaceholderText(tr("https://… of a manifest"));
    m_url->setAccessibleName(tr("URL of a manifest"));
    auto* fetch = new QPushButton(tr("Fe&tch"), this);
    auto* spaceLabel = new QLabel(tr("&Namespace"), this);
    m_space = new QLineEdit(QStringLiteral("default"), this);
    m_space->setMaximumWidth(160);
    m_space->setToolTip(tr("For what names none itself"));
    spaceLabel->setBuddy(m_space);
    for (QPushButton* each : {file, fetch})
        each->setAutoDefault(false);
    from->addWidget(file);
    from->addWidget(m_url, 1);
    from->addWidget(fetch);
    from->addSpacing(12);
    from->addWidget(spaceLabel);
    from->addWidget(m_space);
    layout->addLayout(from);

    auto* split = new QSplitter(Qt::Vertical, this);
    split->setChildrenCollapsible(false);
    m_editor = makeCodeField(split, tr("The manifest"));
    m_editor->setPlaceholderText(tr("Write or paste a manifest here, or take one from a file or a URL."));
    m_editor->setObjectName(QStringLiteral("manifest"));
    highlight(m_editor->document(), Syntax::Yaml, m_editor);
    auto* below = new QSplitter(Qt::Horizontal, split);
    below->setChildrenCollapsible(false);
    m_list = new QTreeWidget(below);
    m_list->setObjectName(QStringLiteral("objects"));
    m_list->setAccessibleName(tr("Objects"));
    m_list->setHeaderLabels({tr("Object"), tr("What becomes of it")});
    m_list->setRootIsDecorated(false);
    m_list->setWordWrap(true);
    m_list->setItemDelegate(new CellDelegate(m_list, 1));
    m_list->header()->resizeSection(0, 250);
    m_list->header()->setStretchLastSection(true);
    m_diff = makeCodeField(below, tr("Differences"));
    m_diff->setReadOnly(true);
    m_diff->setPlaceholderText(tr("Differences to what is there"));
    colourDifferences(m_diff->document());
    below->addWidget(m_list);
    below->addWidget(m_diff);
    below->setSizes({480, 440});
    split->addWidget(m_editor);
    split->addWidget(below);
    split->setSizes({360, 240});
    layout->addWidget(split, 1);

    m_words = new ThemedLabel(TextRole::Muted, this);
    m_words->setObjectName(QStringLiteral("words"));
    m_words->setWordWrap(true);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_words);
    auto* buttons = new QHBoxLayout;
    m_undoButton = new QPushButton(tr("&Undo"), this);
    m_undoButton->setProperty("danger", true);
    m_checkButton = new QPushButton(tr("&Check"), this);
    m_checkButton->setObjectName(QStringLiteral("check"));
    m_deployButton = new QPushButton(tr("&Deploy"), this);
    m_deployButton->setObjectName(QStringLiteral("deploy"));
    auto* close = new QPushButton(tr("Close"), this);
    m_deployButton->setProperty("primary", true);
    for (QPushButton* each : {m_undoButton, m_checkButton, m_deployButton, close})
        each->setAutoDefault(false);
    buttons->addWidget(m_undoButton);
    buttons->addStretch();
    buttons->addWidget(close);
    buttons->addWidget(m_checkButton);
    buttons->addWidget(m_deployButton);
    layout->addLayout(buttons);

    connect(file, &QPushButton::clicked, this, [this] {
        auto* dialog = new QFileDialog(this, tr("Choose a manifest"), {},
                                       tr("Manifests (*.yaml *.yml *.json);;All files (*)"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::ExistingFile);
        connect(dialog, &QFileDialog::fileSelected, this, &DeployDialog::loadFile);
        dialog->open();
    });
    connect(fetch, &QPushButton::clicked, this, &DeployDialog::fetchUrl);
    connect(m_url, &QLineEdit::returnPressed, this, &DeployDialog::fetchUrl);
    connect(m_editor, &QPlainTextEdit::textChanged, this, &DeployDialog::enable);
    connect(m_space, &QLineEdit::textEdited, this, [this] {
        m_checked.clear();
        enable();
    });
    connect(m_list, &QTreeWidget::currentItemChanged, this,
            [this](QTreeWidgetItem* item) { showDiff(item); });
    connect(m_checkButton, &QPushButton::clicked, this, &DeployDialog::check);
    connect(m_deployButton, &QPushButton::clicked, this, &DeployDialog::deploy);
    connect(m_undoButton, &QPushButton::clicked, this, [this] {
        if (!m_runner)
            return;
        m_deploying = true;
        m_runner->undo();
        enable();
    });
    connect(close, &QPushButton::clicked, this, &QWidget::close);
}

void DeployDialog::say(const QString& text, bool failed)
{
    m_words->setRole(failed ? TextRole::Failed : TextRole::Muted);
    m_words->showText(text);
}

void DeployDialog::enable()
{
    const bool text = !m_editor->toPlainText().trimmed().isEmpty();
    m_checkButton->setEnabled(m_inner && text && !m_deploying);
    const bool accepted = !m_objects.empty() && m_checked == m_editor->toPlainText() &&
                          std::all_of(m_objects.begin(), m_objects.end(),
                                      [](const DeployObject& object) { return object.accepted; });
    m_deployButton->setEnabled(accepted && !m_deploying && !m_deployed);
    m_undoButton->setVisible(m_runner != nullptr);
    m_undoButton->setEnabled(!m_deploying);
    m_editor->setReadOnly(m_deploying);
}

void DeployDialog::reach()
{
    say(tr("Reading the cluster's kubeconfig…"), false);
    m_access = std::make_unique<KubeconfigFetch>(
        m_outer, m_ns, m_cluster, onGui<Result<Secret>>(this, [this](const Result<Secret>& secret) {
            if (!secret)
                takeInner(tl::unexpected(secret.error()));
            else
                takeInner(tenantConfig(*secret, m_ns, m_cluster));
        }));
}

void DeployDialog::takeInner(const Result<kube::ClusterConfig>& config)
{
    if (!config) {
        say(errorText(config.error()), true);
        return;
    }
    m_inner = kube::Client::create(m_runs->network(), *config);
    say(tr("The cluster's API is at %1. Check asks it; nothing is written.").arg(cleaned(config->server)),
        false);
    enable();
}

void DeployDialog::loadFile(const QString& path)
{
    aside<Result<QByteArray>>(
        this,
        [path]() -> Result<QByteArray> {
            QFile file(path);
            if (!file.open(QIODevice::ReadOnly))
                return fail(ErrorKind::Io, tr("%1 cannot be read.").arg(path).toStdString(),
                            file.errorString().toStdString());
            if (file.size() > kLargestFile)
                return fail(ErrorKind::Config, tr("%1 is larger than 16 MiB.").arg(path).toStdString());
            return file.readAll();
        },
        [this](const Result<QByteArray>& bytes) {
            if (bytes)
                setManifest(QString::fromUtf8(*bytes));
            else
                say(errorText(bytes.error()), true);
        });
}

QString DeployDialog::diff() const
{
    return m_diff->toPlainText();
}

void DeployDialog::setManifest(const QString& yaml)
{
    m_editor->setPlainText(yaml);
}

void DeployDialog::fetchUrl()
{
    const std::string url = m_url->text().trimmed().toStdString();
    if (!isUrl(url)) {
        say(tr("“%1” is not a URL. Write https://HOST/PATH.").arg(cleaned(url)), true);
        return;
    }
    say(tr("Fetching…"), false);
    using Answer = Result<std::vector<Object>>;
    m_fetch = std::make_unique<ManifestFetch>(
        m_runs->network(), url, onGui<Answer>(this, [this](const Answer& objects) {
            if (!objects) {
                say(errorText(objects.error()), true);
                return;
            }
            setManifest(QString::fromStdString(toYaml(*objects)));
            say(tr("Fetched %n objects.", nullptr, int(objects->size())), false);
        }));
}

void DeployDialog::check()
{
    m_checked = m_editor->toPlainText();
    m_objects.clear();
    m_list->clear();
    m_rows.clear();
    m_diff->clear();
    m_runner.reset();
    m_deployed = false;
    m_check.reset();
    say(tr("Asking…"), false);
    enable();
    const int asked = ++m_asked;
    using Parsed = Result<std::vector<Object>>;
    aside<Parsed>(
        this,
        [text = m_checked.toStdString()] { return objectsFromYaml(text, tr("The manifest").toStdString()); },
        [this, asked](const Parsed& objects) {
            if (asked == m_asked)
                takeObjects(objects);
        });
}

void DeployDialog::takeObjects(const Result<std::vector<Object>>& objects)
{
    if (!objects || objects->empty()) {
        m_checked.clear();
        say(objects ? tr("The manifest holds no objects.") : errorText(objects.error()), true);
        enable();
        return;
    }
    const std::string space = m_space->text().trimmed().toStdString();
    using Checked = std::vector<DeployObject>;
    m_check = DeployCheck::start(
        m_inner, *objects, space.empty() ? "default" : space,
        onGui<Checked>(this, [this](Checked checked) { takeChecked(std::move(checked)); }));
}

void DeployDialog::takeChecked(std::vector<DeployObject> objects)
{
    m_objects = std::move(objects);
    int refused = 0;
    for (std::size_t i = 0; i < m_objects.size(); ++i) {
        const DeployObject& object = m_objects[i];
        refused += object.accepted ? 0 : 1;
        QString words = shown(object.words);
        for (const std::string& warning : object.warnings)
            words += QLatin1Char(' ') + tr("Warning: %1").arg(cleaned(warning));
        auto* item = new QTreeWidgetItem({shown(refOf(object.object).title()), words});
        item->setIcon(0, healthIcon(!object.accepted          ? stack::Health::Failed
                                    : object.warnings.empty() ? stack::Health::Ok
                                                              : stack::Health::Warning));
        item->setData(0, kIndexRole, int(i));
        m_list->addTopLevelItem(item);
        m_rows["write-" + std::to_string(i)] = item;
        m_rows["ready-" + std::to_string(i)] = item;
    }
    if (m_list->topLevelItemCount() > 0)
        m_list->setCurrentItem(m_list->topLevelItem(0));
    if (refused > 0)
        say(tr("The server refuses %n objects.", nullptr, refused), true);
    else
        say(tr("The server accepts all of it. Nothing has been written yet."), false);
    enable();
}

void DeployDialog::showDiff(QTreeWidgetItem* item)
{
    const int at = item != nullptr ? item->data(0, kIndexRole).toInt() : -1;
    if (at < 0 || at >= int(m_objects.size())) {
        m_diff->clear();
        return;
    }
    const DeployObject& object = m_objects[std::size_t(at)];
    if (object.exists && object.before == object.after)
        m_diff->setPlainText(tr("No difference."));
    else
        m_diff->setPlainText(
            diffText(lineDiff(QString::fromStdString(object.before), QString::fromStdString(object.after))));
}

void DeployDialog::deploy()
{
    m_deploying = true;
    enable();
    // The same for all deployments into one cluster: what the first has made the next may change.
    const std::string place = m_inner->config().server + "|" + m_ns + "/" + m_cluster;
    const std::string id =
        QCryptographicHash::hash(QByteArray::fromStdString(place), QCryptographicHash::Sha1)
            .toHex()
            .left(20)
            .toStdString();
    const Plan plan = deployPlan(m_objects, windowTitle().toStdString(), id);
    aside<Result<std::string>>(
        this, [] { return journalFolder(); },
        [this, plan](const Result<std::string>& folder) {
            if (!folder) {
                m_deploying = false;
                say(errorText(folder.error()), true);
                enable();
                return;
            }
            RunOptions options = m_runs->pace();
            options.journal = *folder + "/deploy-" + newPlanId() + ".log";
            RunCallbacks callbacks;
            callbacks.step = onGui<StepReport>(this, [this](const StepReport& report) { takeStep(report); });
            callbacks.state = onGui<RunReport>(this, [this](const RunReport& report) { takeState(report); });
            m_runner = std::make_unique<Runner>(m_inner, plan, options, callbacks);
            m_runner->start();
        });
}

void DeployDialog::takeStep(const StepReport& report)
{
    const auto found = m_rows.find(report.id);
    if (found == m_rows.end() || report.state == StepState::Pending)
        return;
    const bool waits = report.id.rfind("ready-", 0) == 0;
    stack::Health health = stack::Health::Progressing;
    if (report.state == StepState::Failed)
        health = stack::Health::Failed;
    else if (report.state == StepState::Done)
        health = stack::Health::Ok;
    else if (report.state == StepState::Undone || report.state == StepState::Cancelled)
        health = stack::Health::Unknown;
    found->second->setIcon(0, healthIcon(health));
    QString words = cleaned(report.evidence);
    if (report.state == StepState::Done)
        words = waits ? tr("Available.") : tr("Written.");
    else if (report.state == StepState::Undone)
        words = tr("Taken back.");
    if (!words.isEmpty())
        found->second->setText(1, words);
}

void DeployDialog::takeState(const RunReport& report)
{
    m_deploying = true;
    switch (report.state) {
    case RunState::Done:
        m_deploying = false;
        m_deployed = true;
        say(tr("Deployed. It appears in the stack by itself."), false);
        break;
    case RunState::Undone:
        m_deploying = false;
        say(tr("Taken back."), false);
        break;
    case RunState::Failed:
    case RunState::UndoFailed:
    case RunState::Cancelled:
        m_deploying = false;
        say(report.error ? errorText(*report.error) : tr("It failed."), true);
        break;
    case RunState::DryRun:
        say(tr("Asking once more before the first write…"), false);
        break;
    case RunState::Undoing:
        say(tr("Taking back…"), false);
        break;
    default:
        say(tr("Writing, and waiting until it is available…"), false);
        break;
    }
    enable();
}

} // namespace strata::ui
