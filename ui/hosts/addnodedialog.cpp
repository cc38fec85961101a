// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/hosts/addnodedialog.h"

#include "core/base/quantity.h"
#include "core/base/timestamp.h"
#include "core/provision/tenantaccess.h"
#include "ui/connect/errorwords.h"
#include "ui/console/consoletargets.h"
#include "ui/console/terminalpage.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/codefield.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/highlighter.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/underlinetabs.h"
#include "ui/widgets/windowsize.h"
#include "ui/wizard/aside.h"
#include "ui/wizard/clusterruns.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QFileDialog>
#include <QFormLayout>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace strata::ui {

using provision::RunState;
using provision::StepState;

namespace {

constexpr int kFirstVersionDefault = 34;
constexpr double kMargin = 10;

QPlainTextEdit* document(QWidget* parent, const QString& name, bool xml)
{
    QPlainTextEdit* field = makeCodeField(parent, name);
    field->setReadOnly(true);
    field->document()->setDocumentMargin(kMargin);
    highlight(field->document(), xml ? Syntax::Xml : Syntax::Yaml, field);
    return field;
}

stack::Health healthOf(StepState state)
{
    switch (state) {
    case StepState::Done:
    case StepState::Undone:
        return stack::Health::Ok;
    case StepState::Failed:
        return stack::Health::Failed;
    case StepState::Cancelled:
        return stack::Health::Warning;
    case StepState::Pending:
        return stack::Health::Unknown;
    default:
        return stack::Health::Progressing;
    }
}

// "ssh-ed25519 …" of a file; empty where there is none.
std::string keyOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.read(20000).trimmed().toStdString() : std::string();
}

} // namespace

AddNodeDialog::AddNodeDialog(const HostServices& services, const ConnectServices& asked,
                             const ConsoleServices& consoles, ClusterRuns* runs, const StackStore* store,
                             QWidget* parent)
    : QDialog(parent, Qt::Window), m_services(services), m_connect(asked), m_consoles(consoles), m_runs(runs),
      m_store(store)
{
    setObjectName(QStringLiteral("addNodeDialog"));
    setWindowTitle(tr("Add an outer node"));
    resizeWithin(this, {860, 680});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 14, 0, 12);
    layout->setSpacing(8);
    m_title = new ThemedLabel(tr("Which machine becomes an outer node?"), TextRole::Text, this);
    m_title->setLook(1.3, QFont::DemiBold);
    m_title->setContentsMargins(18, 0, 18, 0);
    m_title->setWordWrap(true);
    layout->addWidget(m_title);
    m_pages = new QStackedWidget(this);
    m_pages->addWidget(makeMachinePage());
    m_pages->addWidget(makeReviewPage());
    m_pages->addWidget(makeProgressPage());
    layout->addWidget(m_pages, 1);
    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(18, 4, 18, 0);
    foot->setSpacing(10);
    m_words = new ThemedLabel(TextRole::Muted, this);
    m_words->setObjectName(QStringLiteral("words"));
    m_words->setWordWrap(true);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    foot->addWidget(m_words);
    auto* buttons = new QHBoxLayout;
    m_back = new QPushButton(tr("&Back"), this);
    m_undo = new QPushButton(tr("&Take back"), this);
    m_undo->setObjectName(QStringLiteral("undo"));
    m_undo->setProperty("danger", true);
    m_copy = new QPushButton(tr("&Copy script"), this);
    m_save = new QPushButton(tr("&Save script…"), this);
    m_cancel = new QPushButton(tr("Cancel"), this);
    m_next = new QPushButton(tr("&Next"), this);
    m_next->setObjectName(QStringLiteral("next"));
    m_next->setProperty("primary", true);
    buttons->addWidget(m_back);
    buttons->addWidget(m_undo);
    buttons->addStretch();
    for (QPushButton* each : {m_copy, m_save, m_cancel, m_next})
        buttons->addWidget(each);
    for (QPushButton* each : {m_back, m_undo, m_copy, m_save, m_cancel, m_next})
        each->setAutoDefault(false);
    foot->addLayout(buttons);
    layout->addLayout(foot);
    connect(m_back, &QPushButton::clicked, this, [this] {
        m_plan.reset();
        m_spec.reset();
        m_pages->setCurrentIndex(Machine);
        m_title->showText(tr("Which machine becomes an outer node?"));
        say({}, false);
        enable();
    });
    connect(m_next, &QPushButton::clicked, this, &AddNodeDialog::next);
    connect(m_cancel, &QPushButton::clicked, this, &AddNodeDialog::reject);
    connect(m_copy, &QPushButton::clicked, this, [this] { handOver(false); });
    connect(m_save, &QPushButton::clicked, this, [this] { handOver(true); });
    connect(m_undo, &QPushButton::clicked, this, [this] {
        if (m_run) {
            m_running = true;
            m_over = false;
            say(tr("Taking back what was made…"), false);
            m_run->undo();
            enable();
        }
    });
    fillChoices();
    follow();
    m_way->setFocus(); // not what stands above it, which takes something back
    askLeft();
}

AddNodeDialog::~AddNodeDialog()
{
    m_run.reset(); // no callback after this
    m_leftRun.reset();
}

QWidget* AddNodeDialog::makeMachinePage()
{
    auto* page = new QWidget(m_pages);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(18, 4, 18, 4);
    m_leftBox = new QWidget(page);
    auto* left = new QHBoxLayout(m_leftBox);
    left->setContentsMargins(0, 0, 0, 8);
    left->setSpacing(12);
    m_leftText = new ThemedLabel(TextRole::Warning, m_leftBox);
    m_leftText->setObjectName(QStringLiteral("left"));
    m_leftText->setWordWrap(true);
    m_takeLeft = new QPushButton(tr("&Take back"), m_leftBox);
    m_takeLeft->setObjectName(QStringLiteral("takeLeft"));
    m_takeLeft->setAutoDefault(false);
    left->addWidget(m_leftText, 1);
    left->addWidget(m_takeLeft);
    m_leftBox->hide();
    connect(m_takeLeft, &QPushButton::clicked, this, &AddNodeDialog::takeLeftBack);
    layout->addWidget(m_leftBox);
    m_form = new QFormLayout;
    m_form->setHorizontalSpacing(16);
    m_form->setVerticalSpacing(8);
    m_form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    m_way = new QComboBox(page);
    m_way->setObjectName(QStringLiteral("way"));
    m_way->addItem(tr("A VM on an enrolled host, made now (lab)"), true);
    m_way->addItem(tr("A bare server, by a script"), false);
    m_cluster = new QComboBox(page);
    m_cluster->setObjectName(QStringLiteral("cluster"));
    m_host = new QComboBox(page);
    m_host->setObjectName(QStringLiteral("host"));
    m_name = new QLineEdit(page);
    m_name->setObjectName(QStringLiteral("name"));
    m_name->setMaxLength(63);
    m_name->setPlaceholderText(QStringLiteral("outer-4"));
    m_version = new QLineEdit(page);
    m_version->setObjectName(QStringLiteral("version"));
    m_image = new QLineEdit(page);
    m_image->setObjectName(QStringLiteral("image"));
    m_image->setAccessibleName(tr("Cloud image"));
    m_image->setPlaceholderText(tr("A cloud image with cloud-init, qcow2 or raw"));
    m_browse = new QPushButton(tr("Choose…"), page);
    m_browse->setAutoDefault(false);
    auto* image = new QHBoxLayout;
    image->setSpacing(8);
    image->addWidget(m_image, 1);
    image->addWidget(m_browse);
    m_pool = new QComboBox(page);
    m_pool->setObjectName(QStringLiteral("pool"));
    m_network = new QLineEdit(QStringLiteral("default"), page);
    m_network->setToolTip(tr("A network of libvirt's; br0 and the like are bridges of the host"));
    const auto spin = [page](int least, int most, int value, const QString& unit) {
        auto* box = new QSpinBox(page);
        box->setRange(least, most);
        box->setValue(value);
        box->setSuffix(unit);
        return box;
    };
    m_cpus = spin(1, 512, 4, tr(" CPUs"));
    m_memory = spin(2, 8192, 16, tr(" GiB"));
    m_disk = spin(8, 65536, 100, tr(" GiB"));
    auto* size = new QHBoxLayout;
    size->setSpacing(8);
    for (QSpinBox* each : {m_cpus, m_memory, m_disk})
        size->addWidget(each, 1);
    m_cpus->setAccessibleName(tr("CPUs"));
    m_memory->setAccessibleName(tr("Memory"));
    m_disk->setAccessibleName(tr("Disk"));
    m_emulate = new QCheckBox(tr("Emulate it without KVM: very slow, for a look only"), page);
    m_emulate->setObjectName(QStringLiteral("emulate"));
    m_vendor = new QComboBox(page);
    m_vendor->addItem(tr("Either"), int(hosts::CpuVendor::Any));
    m_vendor->addItem(QStringLiteral("Intel"), int(hosts::CpuVendor::Intel));
    m_vendor->addItem(QStringLiteral("AMD"), int(hosts::CpuVendor::Amd));
    m_vendor->addItem(QStringLiteral("ARM"), int(hosts::CpuVendor::Arm));
    m_address = new QLineEdit(page);
    m_address->setPlaceholderText(QStringLiteral("10.0.0.20"));
    m_key = new QLineEdit(page);
    m_key->setPlaceholderText(tr("A public key's file, to log in with ssh (optional)"));
    m_hostWords = new ThemedLabel(TextRole::Muted, page);
    m_hostWords->setWordWrap(true);
    m_form->addRow(tr("&Machine"), m_way);
    m_form->addRow(tr("&Cluster"), m_cluster);
    m_form->addRow(tr("&Host"), m_host);
    m_form->addRow(QString(), m_hostWords);
    m_form->addRow(tr("&Name"), m_name);
    m_form->addRow(tr("&Kubernetes"), m_version);
    m_form->addRow(tr("Image"), image);
    m_form->addRow(tr("Size"), size);
    m_form->addRow(tr("Storage &pool"), m_pool);
    m_form->addRow(tr("Net&work"), m_network);
    m_form->addRow(QString(), m_emulate);
    m_form->addRow(tr("CP&U"), m_vendor);
    m_form->addRow(tr("&Address"), m_address);
    m_form->addRow(tr("SSH k&ey"), m_key);
    layout->addLayout(m_form);
    layout->addStretch(1);
    for (QComboBox* each : {m_way, m_cluster})
        connect(each, &QComboBox::currentIndexChanged, this, [this] { follow(); });
    connect(m_host, &QComboBox::currentIndexChanged, this, [this] { askHost(); });
    for (QLineEdit* each : {m_name, m_image, m_version, m_address})
        connect(each, &QLineEdit::textChanged, this, [this] { enable(); });
    connect(m_emulate, &QCheckBox::toggled, this, [this] { enable(); });
    connect(m_browse, &QPushButton::clicked, this, [this] {
        auto* dialog = new QFileDialog(this, tr("A cloud image"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::ExistingFile);
        connect(dialog, &QFileDialog::fileSelected, m_image, &QLineEdit::setText);
        dialog->open();
    });
    return page;
}

QWidget* AddNodeDialog::makeReviewPage()
{
    auto* page = new QWidget(m_pages);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_planned = new QTreeWidget(page);
    m_planned->setAccessibleName(tr("What will be done"));
    m_planned->setHeaderHidden(true);
    m_planned->setRootIsDecorated(false);
    m_planned->setSelectionMode(QAbstractItemView::NoSelection);
    m_planned->setFocusPolicy(Qt::NoFocus);
    m_planned->setItemDelegate(new CellDelegate(m_planned));
    m_planned->setMaximumHeight(fontMetrics().height() * 15);
    auto* indent = new QHBoxLayout;
    indent->setContentsMargins(12, 0, 12, 0);
    indent->addWidget(m_planned);
    layout->addLayout(indent, 1);
    m_tabs = new UnderlineTabs(page);
    m_tabs->setAccessibleName(tr("What will be written"));
    m_tabs->setStyleSheet(QStringLiteral("QTabBar::tab:first { margin-left: 12px; }"));
    layout->addWidget(m_tabs);
    m_documents = new QStackedWidget(page);
    m_domain = document(m_documents, tr("The domain"), true);
    m_userData = document(m_documents, tr("What cloud-init is told"), false);
    m_script = document(m_documents, tr("The script"), false);
    for (QWidget* each : std::initializer_list<QWidget*>{m_domain, m_userData, m_script})
        m_documents->addWidget(each);
    layout->addWidget(m_documents, 2);
    connect(m_tabs, &QTabBar::currentChanged, this, [this](int index) {
        if (index >= 0)
            m_documents->setCurrentIndex(m_tabs->tabData(index).toInt());
    });
    return page;
}

QWidget* AddNodeDialog::makeProgressPage()
{
    auto* page = new QWidget(m_pages);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(12, 0, 12, 0);
    layout->setSpacing(6);
    m_steps = new QTreeWidget(page);
    m_steps->setObjectName(QStringLiteral("steps"));
    m_steps->setAccessibleName(tr("How it goes"));
    m_steps->setHeaderLabels({tr("Step"), tr("Seen last")});
    m_steps->setRootIsDecorated(false);
    m_steps->setUniformRowHeights(true);
    m_steps->setItemDelegate(new CellDelegate(m_steps));
    m_steps->header()->setStretchLastSection(true);
    m_steps->header()->resizeSection(0, 470);
    layout->addWidget(m_steps, 2);
    m_serialPlace = new QWidget(page);
    auto* serial = new QVBoxLayout(m_serialPlace);
    serial->setContentsMargins(0, 0, 0, 0);
    m_serialPlace->hide();
    layout->addWidget(m_serialPlace, 3);
    return page;
}

AddNodeDialog::Page AddNodeDialog::page() const
{
    return Page(m_pages->currentIndex());
}

QString AddNodeDialog::words() const
{
    return m_words->text();
}

bool AddNodeDialog::lab() const
{
    return m_way->currentData().toBool();
}

stack::SourceId AddNodeDialog::cluster() const
{
    return stack::SourceId(m_cluster->currentData().toUInt());
}

void AddNodeDialog::fillChoices()
{
    const stack::Stack& stack = m_store->stack();
    for (const stack::SourceId id : stack.sources()) {
        const stack::SourceState* source = stack.source(id);
        if (source != nullptr && source->kind == stack::SourceKind::OuterCluster)
            m_cluster->addItem(tr("Join %1").arg(shown(source->name)), uint(id));
    }
    m_cluster->addItem(tr("A new outer cluster: this is its first node"), uint(0));
    for (const stack::ItemId root : stack.roots(stack::Tree::Hosts)) {
        const stack::Item* item = stack.find(root);
        const stack::HostFact* host = item == nullptr ? nullptr : stack.facts(root).host;
        if (host == nullptr || item->kind != stack::ItemKind::Host || host->uri.empty())
            continue;
        m_host->addItem(shown(item->name), QString::fromStdString(host->uri));
        m_host->setItemData(m_host->count() - 1, uint(item->source), Qt::UserRole + 1);
    }
    if (m_host->count() == 0)
        m_way->setCurrentIndex(1);
}

void AddNodeDialog::askLeft()
{
    if (m_services.leftNodes)
        m_services.leftNodes(this, [this](const std::vector<hosts::NodeTrace>& left) { showLeft(left); });
}

void AddNodeDialog::showLeft(const std::vector<hosts::NodeTrace>& left)
{
    m_leftRun.reset();
    m_left = left.empty() ? std::nullopt : std::optional(left.front());
    QStringList lines = m_leftWords;
    if (m_left) {
        QStringList parts;
        for (const std::string& part : hosts::partsLeft(*m_left))
            parts << cleaned(part);
        lines << tr("“%1” on %2 was cut off and has left: %3.")
                     .arg(cleaned(m_left->title), cleaned(m_left->uri),
                          parts.isEmpty() ? tr("nothing") : parts.join(QStringLiteral(", ")));
        if (left.size() > 1)
            lines << tr("%n more were cut off, too.", nullptr, int(left.size()) - 1);
    }
    m_leftText->setRole(m_left ? TextRole::Warning : TextRole::Muted);
    m_leftText->showText(lines.join(QLatin1Char('\n')));
    m_takeLeft->setVisible(m_left.has_value());
    m_takeLeft->setEnabled(true);
    m_leftBox->setVisible(!lines.isEmpty());
}

void AddNodeDialog::takeLeftBack()
{
    if (!m_left || !m_services.takeBackNode)
        return;
    m_leftCluster = 0;
    for (const stack::SourceId id : m_store->stack().sources()) {
        const stack::SourceState* source = m_store->stack().source(id);
        if (source != nullptr && source->kind == stack::SourceKind::OuterCluster &&
            source->address == m_left->server)
            m_leftCluster = id;
    }
    hosts::NodeRunCallbacks callbacks;
    callbacks.state =
        onGui<provision::RunReport>(this, [this](const provision::RunReport& report) { tellLeft(report); });
    auto run = m_services.takeBackNode(*m_left, m_leftCluster, std::move(callbacks));
    if (!run) {
        m_leftWords = QStringList{errorText(run.error())};
        askLeft();
        return;
    }
    m_leftRun = std::move(*run);
    m_takeLeft->setEnabled(false);
    m_leftText->showText(tr("Taking back what was made…"));
    m_leftRun->undo();
}

void AddNodeDialog::tellLeft(const provision::RunReport& report)
{
    if (!m_leftRun || report.state == RunState::Undoing)
        return;
    m_leftWords.clear();
    if (report.state == RunState::Undone)
        m_leftWords << tr("What “%1” had made is gone again.").arg(cleaned(m_leftRun->plan().title));
    for (const std::string& each : report.left)
        m_leftWords << cleaned(each);
    if (m_runs != nullptr)
        m_runs->auditHost(m_leftCluster, hosts::auditPlan(m_leftRun->plan()),
                          provision::toString(report.state),
                          report.error ? errorText(*report.error).toStdString() : std::string());
    m_leftRun.reset(); // its journal is free
    askLeft();
}

void AddNodeDialog::setHost(const std::string& uri)
{
    const int at = m_host->findData(QString::fromStdString(uri));
    if (at >= 0)
        m_host->setCurrentIndex(at);
}

void AddNodeDialog::follow()
{
    const bool vm = lab();
    const bool first = cluster() == 0;
    for (QWidget* each : std::initializer_list<QWidget*>{m_host, m_hostWords, m_pool, m_network})
        m_form->setRowVisible(each, vm);
    m_form->setRowVisible(m_emulate, vm && m_inventory && !m_inventory->host.kvmUsable);
    for (int row = 0; row < m_form->rowCount(); ++row) { // rows of layouts
        QLayoutItem* field = m_form->itemAt(row, QFormLayout::FieldRole);
        if (field != nullptr && field->layout() != nullptr)
            m_form->setRowVisible(row, vm);
    }
    m_form->setRowVisible(m_vendor, !vm);
    m_form->setRowVisible(m_address, !vm && first);
    m_version->setPlaceholderText(first ? QStringLiteral("v1.%1.1").arg(kFirstVersionDefault)
                                        : tr("As the cluster's"));
    if (vm && !m_inventory)
        askHost();
    enable();
}

// Which pools it has, and whether its guests get KVM.
void AddNodeDialog::askHost()
{
    m_inventory.reset();
    m_pool->clear();
    m_form->setRowVisible(m_emulate, false);
    if (!lab() || m_host->count() == 0 || !m_connect.inventory) {
        enable();
        return;
    }
    m_hostWords->setRole(TextRole::Progressing);
    m_hostWords->showText(tr("Asking the host…"));
    m_asking = std::make_unique<QObject>();
    m_connect.inventory(
        m_host->currentData().toString().toStdString(), m_asking.get(),
        [this](Result<virt::Inventory> answer) {
            if (!answer) {
                m_hostWords->setRole(TextRole::Failed);
                m_hostWords->showText(errorText(answer.error()));
                enable();
                return;
            }
            m_inventory = std::move(*answer);
            for (const virt::Pool& pool : m_inventory->pools)
                if (pool.active)
                    m_pool->addItem(
                        tr("%1 (%2 free)").arg(shown(pool.name), shown(formatBytes(pool.availableBytes))),
                        shown(pool.name));
            const bool kvm = m_inventory->host.kvmUsable;
            QString text =
                m_inventory->nested == virt::Answer::No
                    ? tr("Its guests get no KVM: nested virtualization is off, and KubeVirt would emulate.")
                : kvm ? tr("%1, %2 of memory. Its guests get KVM.")
                            .arg(shown(m_inventory->host.cpuModel),
                                 shown(formatBytes(m_inventory->host.memoryBytes)))
                      : tr("KVM is not usable on this host.");
            if (m_pool->count() == 0)
                text += QLatin1Char(' ') + tr("It has no active storage pool.");
            m_hostWords->setRole(kvm && m_pool->count() > 0 && m_inventory->nested != virt::Answer::No
                                     ? TextRole::Muted
                                     : TextRole::Warning);
            m_hostWords->showText(text);
            m_form->setRowVisible(m_emulate, !kvm);
            m_emulate->setChecked(false);
            enable();
        });
    enable();
}

void AddNodeDialog::say(const QString& text, bool failed)
{
    m_words->setRole(failed ? TextRole::Failed : TextRole::Muted);
    m_words->showText(text);
}

// The first thing that keeps the dialog from going on; the host's own words tell more of the host.
QString AddNodeDialog::whatIsMissing() const
{
    if (m_name->text().isEmpty())
        return tr("It needs a name.");
    if (!lab())
        return cluster() == 0 && m_address->text().isEmpty()
                   ? tr("The address of the new cluster is missing.")
                   : QString();
    if (m_host->count() == 0)
        return tr("No host is enrolled that could carry it.");
    if (!m_inventory)
        return tr("The host has not answered yet.");
    if (m_pool->count() == 0)
        return tr("Its disk needs an active storage pool on the host.");
    if (!m_inventory->host.kvmUsable && !m_emulate->isChecked())
        return tr("Without KVM it can only be emulated.");
    return m_image->text().isEmpty() ? tr("Choose the image that it starts from.") : QString();
}

void AddNodeDialog::enable()
{
    const Page at = page();
    m_back->setVisible(at == Review);
    m_back->setEnabled(!m_busy);
    m_copy->setVisible(at == Review && m_spec.has_value());
    m_save->setVisible(at == Review && m_spec.has_value());
    m_copy->setEnabled(!m_busy);
    m_save->setEnabled(!m_busy);
    m_undo->setVisible(at == Progress && m_over && m_run != nullptr);
    const QString missing = at == Machine ? whatIsMissing() : QString();
    const bool ready = missing.isEmpty();
    if (!m_busy && (m_words->text().isEmpty() || m_words->text() == m_missing))
        say(missing, false); // what went wrong before stays to be read
    m_missing = missing;
    m_next->setVisible(at == Machine || (at == Review && m_plan.has_value()));
    m_next->setText(at == Machine ? tr("&Next") : tr("&Add it"));
    m_next->setEnabled(!m_busy && (at != Machine || ready));
    m_cancel->setText(at == Progress && !m_running ? tr("Close") : tr("Cancel"));
}

void AddNodeDialog::next()
{
    if (page() == Machine)
        prepare();
    else if (page() == Review && m_plan)
        start();
}

hosts::LabMachine AddNodeDialog::machine() const
{
    hosts::LabMachine out;
    if (!m_inventory->host.arch.empty())
        out.arch = m_inventory->host.arch;
    out.kvm = m_inventory->host.kvmUsable;
    out.vcpus = unsigned(m_cpus->value());
    out.memoryBytes = std::int64_t(m_memory->value()) << 30;
    out.diskBytes = std::int64_t(m_disk->value()) << 30;
    out.pool = m_pool->currentData().toString().toStdString();
    const QString network = m_network->text().trimmed();
    if (network.startsWith(QStringLiteral("br")))
        out.bridge = network.toStdString();
    out.network = network.toStdString();
    return out;
}

// What the cluster tells, then the plan.
void AddNodeDialog::prepare()
{
    hosts::NodeSpec spec;
    spec.name = m_name->text().trimmed().toStdString();
    spec.kubernetes = m_version->text().trimmed().toStdString();
    spec.vendor = lab() ? hosts::vendorNamed(m_inventory->host.cpuVendor)
                        : hosts::CpuVendor(m_vendor->currentData().toInt());
    if (const QString path = m_key->text().trimmed(); !path.isEmpty()) {
        const std::string key = keyOf(path);
        if (key.empty()) {
            say(tr("The key %1 cannot be read.").arg(path), true);
            return;
        }
        spec.sshKeys.push_back(key);
    }
    if (cluster() == 0) {
        auto access = hosts::newFirstAccess();
        if (!access) {
            say(errorText(access.error()), true);
            return;
        }
        hosts::First first;
        first.caPem = access->caPem;
        first.caKeyPem = access->caKeyPem;
        spec.first = std::move(first);
        m_access = std::move(*access);
        if (spec.kubernetes.empty())
            spec.kubernetes = m_version->placeholderText().toStdString();
        review(spec);
        return;
    }
    m_access.reset();
    if (!m_services.joinPlace) {
        say(tr("This cluster cannot be asked how to join it."), true);
        return;
    }
    m_busy = true;
    say(tr("Asking the cluster how to join it…"), false);
    enable();
    m_services.joinPlace(cluster(), this, [this, spec](Result<HostServices::JoinFacts> facts) mutable {
        m_busy = false;
        if (!facts) {
            say(errorText(facts.error()), true);
            enable();
            return;
        }
        hosts::Join join;
        join.endpoint = facts->place.endpoint;
        join.caHash = facts->place.caHash;
        join.token = hosts::newToken();
        spec.join = std::move(join);
        if (spec.kubernetes.empty())
            spec.kubernetes = facts->version;
        review(spec);
    });
}

void AddNodeDialog::review(const hosts::NodeSpec& spec)
{
    if (!lab()) {
        if (const auto good = hosts::check(spec); !good) {
            say(errorText(good.error()), true);
            enable();
            return;
        }
        m_plan.reset();
        m_spec = spec;
        m_tokenMade = false;
        showPlan(spec);
        return;
    }
    // The image is looked at: a file.
    m_busy = true;
    enable();
    using Planned = Result<hosts::NodePlan>;
    aside<Planned>(
        this,
        [uri = m_host->currentData().toString().toStdString(), spec, machine = machine(),
         image = m_image->text().toStdString(),
         access = m_access] { return hosts::labPlan(uri, spec, machine, image, access); },
        [this](Planned plan) {
            m_busy = false;
            if (!plan) {
                say(errorText(plan.error()), true);
                enable();
                return;
            }
            m_spec.reset();
            m_plan = std::move(*plan);
            showPlan(m_plan->spec);
        });
}

void AddNodeDialog::showPlan(const hosts::NodeSpec& spec)
{
    m_planned->clear();
    while (m_tabs->count() > 0)
        m_tabs->removeTab(0);
    const auto shownText = [&spec](const std::string& text) {
        return QString::fromStdString(hosts::withoutSecrets(spec, text));
    };
    if (m_plan) {
        m_title->showText(shown(m_plan->title));
        int number = 0;
        for (const provision::Step& step : m_plan->steps)
            new QTreeWidgetItem(m_planned, {QStringLiteral("%1.  %2").arg(++number).arg(shown(step.title))});
        m_domain->setPlainText(
            QString::fromStdString(hosts::domainXml(spec, m_plan->machine, m_plan->uuid, m_plan->id)));
        m_userData->setPlainText(shownText(hosts::userData(spec)));
        m_tabs->setTabData(m_tabs->addTab(tr("Domain")), 0);
        m_tabs->setTabData(m_tabs->addTab(tr("user-data")), 1);
        say(tr("Nothing is written before you say so."), false);
    } else {
        m_title->showText(tr("Make %1 an outer node").arg(shown(spec.name)));
        QStringList lines;
        if (spec.join)
            lines << tr("Copy or save makes a token in the cluster, good for a day.");
        else
            lines << tr("Save also writes the new cluster's kubeconfig beside the script.");
        lines << tr("Run the script on the machine as root; it may be run again.")
              << tr("The node appears in the stack when it has joined.");
        for (const QString& line : std::as_const(lines))
            new QTreeWidgetItem(m_planned, {line});
        m_script->setPlainText(shownText(hosts::nodeScript(spec)));
        m_userData->setPlainText(shownText(hosts::userData(spec)));
        m_tabs->setTabData(m_tabs->addTab(tr("Script")), 2);
        m_tabs->setTabData(m_tabs->addTab(tr("For cloud-init")), 1);
        say(tr("What is copied or saved holds a credential, which is hidden here."), false);
    }
    m_documents->setCurrentIndex(m_tabs->tabData(0).toInt());
    m_pages->setCurrentIndex(Review);
    enable();
}

void AddNodeDialog::handOver(bool save)
{
    if (!m_spec)
        return;
    const bool cloudInit = m_tabs->tabData(m_tabs->currentIndex()).toInt() == 1;
    const std::string text = cloudInit ? hosts::userData(*m_spec) : hosts::nodeScript(*m_spec);
    const auto deliver = [this, save, text, cloudInit] {
        if (!save) {
            QGuiApplication::clipboard()->setText(QString::fromStdString(text));
            say(tr("Copied. It holds a credential."), false);
            return;
        }
        auto* dialog = new QFileDialog(this, tr("Save the script"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setAcceptMode(QFileDialog::AcceptSave);
        dialog->selectFile(m_name->text() +
                           (cloudInit ? QStringLiteral(".user-data") : QStringLiteral(".sh")));
        connect(dialog, &QFileDialog::fileSelected, this, [this, text](const QString& path) {
            const Secret kubeconfig =
                m_access
                    ? hosts::firstKubeconfig(*m_access, m_spec->name,
                                             "https://" + m_address->text().trimmed().toStdString() + ":6443")
                    : Secret();
            aside<Result<void>>(
                this,
                [path = path.toStdString(), text, kubeconfig] {
                    const Result<void> saved = provision::saveSecretFile(path, Secret(text));
                    return saved && !kubeconfig.empty()
                               ? provision::saveSecretFile(path + ".kubeconfig", kubeconfig)
                               : saved;
                },
                [this, path](const Result<void>& saved) {
                    say(saved ? tr("Saved as %1.").arg(path) : errorText(saved.error()), !saved);
                });
        });
        dialog->open();
    };
    const auto note = [this](const std::string& result, const std::string& detail) {
        if (m_runs == nullptr)
            return;
        hosts::NodePlan plan;
        plan.id = provision::newPlanId();
        plan.title = tr("Script that makes %1 an outer node").arg(m_name->text()).toStdString();
        plan.spec = *m_spec;
        m_runs->auditHost(cluster(), hosts::auditPlan(plan), result, detail);
    };
    if (!m_spec->join || m_tokenMade) {
        deliver();
        return;
    }
    m_busy = true;
    enable();
    m_services.makeToken(
        cluster(), hosts::tokenSecret(m_spec->join->token, systemNow() + 24LL * 3600 * 1000, m_spec->name),
        this, [this, deliver, note](Result<void> made) {
            m_busy = false;
            enable();
            note(made ? "done" : "failed", made ? std::string() : errorText(made.error()).toStdString());
            if (!made) {
                say(errorText(made.error()), true);
                return;
            }
            m_tokenMade = true;
            deliver();
        });
}

void AddNodeDialog::start()
{
    if (!m_services.startNode)
        return;
    m_steps->clear();
    m_rows.clear();
    for (const provision::Step& step : m_plan->steps) {
        auto* row = new QTreeWidgetItem(m_steps, {shown(step.title), QString()});
        row->setIcon(0, Theme::icon(QStringLiteral("dot"), colors().muted));
        m_rows[step.id] = m_steps->indexOfTopLevelItem(row);
    }
    m_pages->setCurrentIndex(Progress);
    m_running = true;
    say(tr("Closing this window cancels it."), false);
    if (m_runs != nullptr)
        m_runs->auditHost(cluster(), hosts::auditPlan(*m_plan), "begun", {});
    hosts::NodeRunCallbacks callbacks;
    callbacks.step =
        onGui<provision::StepReport>(this, [this](const provision::StepReport& report) { takeStep(report); });
    callbacks.state =
        onGui<provision::RunReport>(this, [this](const provision::RunReport& report) { takeState(report); });
    callbacks.access = onGui<Secret>(this, [this](const Secret& kubeconfig) {
        if (m_services.keepKubeconfig)
            m_services.keepKubeconfig(
                m_name->text().toStdString(), kubeconfig, this, [this](Result<std::string> path) {
                    if (path)
                        Q_EMIT clusterMade(QString::fromStdString(*path), m_name->text());
                    else
                        say(errorText(path.error()), true);
                });
    });
    m_run = m_services.startNode(*m_plan, cluster(), std::move(callbacks));
    Q_EMIT begun();
    enable();
}

void AddNodeDialog::takeStep(const provision::StepReport& report)
{
    const auto found = m_rows.find(report.id);
    if (found == m_rows.end())
        return;
    QTreeWidgetItem* row = m_steps->topLevelItem(found->second);
    row->setIcon(0, healthIcon(healthOf(report.state)));
    row->setText(1, cleaned(report.evidence));
    row->setToolTip(1, plainToolTip(cleaned(report.evidence)));
    if (report.id == "start" && report.state == StepState::Done)
        showSerial();
}

void AddNodeDialog::showSerial()
{
    if (m_serial != nullptr || !m_plan)
        return;
    ConsoleTargets targets;
    targets.title = shown(m_plan->spec.name);
    targets.host = HostConsole{stack::SourceId(m_host->currentData(Qt::UserRole + 1).toUInt()), m_plan->uuid,
                               m_plan->spec.name};
    m_serial = TerminalPage::serial(m_consoles, targets, m_serialPlace);
    m_serialPlace->layout()->addWidget(m_serial);
    m_serialPlace->show();
}

void AddNodeDialog::takeState(const provision::RunReport& report)
{
    const bool over = report.state != RunState::Running && report.state != RunState::Undoing &&
                      report.state != RunState::Cancelling;
    if (!over)
        return;
    m_running = false;
    const bool undone = report.state == RunState::Undone || report.state == RunState::UndoFailed;
    m_over = !undone && report.state != RunState::Idle;
    const QString what = shown(m_plan->title);
    const std::string why = report.error ? errorText(report.error.value()).toStdString() : std::string();
    if (m_runs != nullptr)
        m_runs->auditHost(cluster(), hosts::auditPlan(*m_plan), provision::toString(report.state), why);
    switch (report.state) {
    case RunState::Done:
        say(tr("Done. The node is in the stack."), false);
        m_words->setRole(TextRole::Ok);
        Q_EMIT finishedWell(what);
        break;
    case RunState::Undone:
        say(tr("What was made is gone again."), false);
        break;
    case RunState::Cancelled:
        say(tr("Cancelled. What was made so far is still there."), false);
        break;
    default: {
        QStringList lines;
        if (report.error)
            lines << errorText(*report.error);
        for (const std::string& left : report.left)
            lines << cleaned(left);
        say(lines.join(QLatin1Char('\n')), true);
        Q_EMIT failedWith(what, lines.join(QLatin1Char(' ')));
        break;
    }
    }
    enable();
}

void AddNodeDialog::reject()
{
    if (m_running && m_run) { // told by takeState()
        m_run->cancel();
        say(tr("Stopping…"), false);
        return;
    }
    QDialog::reject();
}

} // namespace strata::ui
