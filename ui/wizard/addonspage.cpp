// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/addonspage.h"

#include "ui/widgets/leadingmargins.h"
#include "ui/wizard/aside.h"
#include "ui/wizard/inputs.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace strata::ui {

using namespace provision;

namespace {

constexpr qint64 kLargestKeyFile = 64 * 1024;

std::vector<std::string> keysOf(const QString& text)
{
    std::vector<std::string> keys;
    for (const QString& line : text.split(QLatin1Char('\n'))) {
        const QString key = line.trimmed();
        if (!key.isEmpty() && !key.startsWith(QLatin1Char('#')))
            keys.push_back(key.toStdString());
    }
    return keys;
}

} // namespace

AddOnsPage::AddOnsPage(WizardModel* model, QWidget* parent)
    : WizardPage(model, tr("Access and add-ons"), {}, parent)
{
    addAccess();
    addAddOns();
    addBehaviour();
    body()->addStretch(1);
}

void AddOnsPage::addAccess()
{
    m_ofClass.push_back(addSection(tr("Access to the machines")));
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_keys = new QPlainTextEdit(box);
    m_keys->setProperty("field", true);
    m_keys->setTabChangesFocus(true);
    m_keys->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_keys->setFixedHeight(m_keys->fontMetrics().lineSpacing() * 3 + 20);
    m_keys->setPlaceholderText(QStringLiteral("ssh-ed25519 AAAA… you@example.com"));
    m_keys->setAccessibleName(tr("SSH keys"));
    layout->addWidget(m_keys);
    auto* add = new QPushButton(tr("Add from a file…"), box);
    add->setAutoDefault(false);
    auto* line = new QHBoxLayout;
    line->addWidget(add);
    line->addStretch();
    layout->addLayout(line);
    box->setFocusProxy(m_keys);
    m_keysField = addField("sshKeys", tr("&SSH keys, one a line"), box);

    m_check = new QComboBox;
    m_check->addItem(tr("Over SSH: the provider looks into each machine"), int(BootstrapCheck::Ssh));
    m_check->addItem(tr("None"), int(BootstrapCheck::None));
    m_checkField = addField("bootstrapCheck", tr("&Check of the bootstrap"), m_check);
    setFirst(m_check); // in the editor above, Return is a new line

    connect(m_keys, &QPlainTextEdit::textChanged, this, [this] {
        if (keysOf(m_keys->toPlainText()) != this->model()->profile().sshKeys)
            edit("sshKeys", [this](ClusterProfile& p) { p.sshKeys = keysOf(m_keys->toPlainText()); });
        showHints();
    });
    connect(add, &QPushButton::clicked, this, [this] {
        auto* dialog =
            new QFileDialog(this, tr("Choose a public key"), QDir::homePath() + QStringLiteral("/.ssh"),
                            tr("Public keys (*.pub);;All files (*)"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::ExistingFile);
        connect(dialog, &QFileDialog::fileSelected, this, &AddOnsPage::addKeysFrom);
        dialog->open();
    });
    connect(m_check, &QComboBox::activated, this, [this] {
        edit("bootstrapCheck", [this](ClusterProfile& p) {
            p.bootstrapCheck = static_cast<BootstrapCheck>(m_check->currentData().toInt());
        });
        showHints();
    });
}

void AddOnsPage::addKeysFrom(const QString& path)
{
    aside<QByteArray>(
        this,
        [path] {
            QFile file(path);
            return file.open(QIODevice::ReadOnly) ? file.read(kLargestKeyFile) : QByteArray();
        },
        [this](const QByteArray& bytes) {
            QString text = m_keys->toPlainText();
            if (!text.isEmpty() && !text.endsWith(QLatin1Char('\n')))
                text += QLatin1Char('\n');
            m_keys->setPlainText(text + QString::fromUtf8(bytes).trimmed());
        });
}

AddOnsPage::ManifestInputs AddOnsPage::addManifest(const std::string& path, const QString& text,
                                                   const QString& hint, const QString& manifestHint,
                                                   const AddOnOf& addOn)
{
    ManifestInputs inputs;
    inputs.enabled = new QCheckBox(text);
    addField(path + ".enabled", {}, inputs.enabled, hint);
    inputs.manifest = new PathEdit(tr("Choose a manifest"));
    inputs.manifestField = addField(path + ".manifest", tr("Manifest"), inputs.manifest, manifestHint);
    setLeadingMargins(inputs.manifestField, 24, 0, 0, 0);
    FormField* const manifest = inputs.manifestField;
    connect(inputs.enabled, &QCheckBox::toggled, this, [this, path, addOn, manifest](bool on) {
        edit(path + ".enabled", [&](ClusterProfile& p) { addOn(p)->enabled = on; });
        manifest->setVisible(on);
    });
    connect(inputs.manifest, &PathEdit::edited, this, [this, path, addOn](const QString& source) {
        edit(path + ".manifest", [&](ClusterProfile& p) { addOn(p)->manifest = typed(source); });
    });
    return inputs;
}

void AddOnsPage::addAddOns()
{
    addSection(tr("Add-ons"));
    m_health = new QCheckBox(tr("&Replace machines that fail (MachineHealthCheck)"));
    addField("addOns.healthCheck", {}, m_health, tr("Armed when the workers have been Ready once."));
    m_cloud = new QCheckBox(tr("Services of type &LoadBalancer inside (cloud-provider-kubevirt)"));
    m_cloudField =
        addField("addOns.cloudProvider", {}, m_cloud,
                 tr("Each becomes a service of the outer cluster. Its controller runs beside the machines."));
    m_cloudImage = new QLineEdit;
    m_cloudImageField = addField("addOns.cloudProviderImage", tr("Image of its controller"), m_cloudImage);
    setLeadingMargins(m_cloudImageField, 24, 0, 0, 0);
    m_csi =
        addManifest("addOns.kubevirtCsi", tr("&Volumes of the outer cluster's storage inside (kubevirt-csi)"),
                    tr("Persistent volumes of the new cluster are disks that are plugged into its machines."),
                    tr("The rendered tenant side of kubevirt/csi-driver: a file, a folder or an https URL."),
                    [](ClusterProfile& p) -> ManifestAddOn* { return &p.addOns.kubevirtCsi; });
    m_csiController = new PathEdit(tr("Choose a manifest"));
    m_csiControllerField =
        addField("addOns.kubevirtCsi.controller", tr("Manifest of its controller"), m_csiController,
                 tr("It runs in the outer cluster; namespace, kubeconfig and labels are set in it."));
    setLeadingMargins(m_csiControllerField, 24, 0, 0, 0);
    connect(m_csiController, &PathEdit::edited, this, [this](const QString& source) {
        edit("addOns.kubevirtCsi.controller",
             [&](ClusterProfile& p) { p.addOns.kubevirtCsi.controller = typed(source); });
    });
    connect(m_csi.enabled, &QCheckBox::toggled, m_csiControllerField, &QWidget::setVisible);
    m_metrics = addManifest("addOns.metricsServer", tr("Usage of nodes and pods (&metrics-server)"), {},
                            tr("components.yaml of its release: a file or an https URL."),
                            [](ClusterProfile& p) -> ManifestAddOn* { return &p.addOns.metricsServer; });
    connect(m_health, &QCheckBox::toggled, this, [this](bool on) {
        edit("addOns.healthCheck", [&](ClusterProfile& p) { p.addOns.healthCheck = on; });
    });
    connect(m_cloud, &QCheckBox::toggled, this, [this](bool on) {
        edit("addOns.cloudProvider", [&](ClusterProfile& p) { p.addOns.cloudProvider = on; });
        m_cloudImageField->setVisible(on);
    });
    connect(m_cloudImage, &QLineEdit::textEdited, this, [this](const QString& text) {
        edit("addOns.cloudProviderImage",
             [&](ClusterProfile& p) { p.addOns.cloudProviderImage = typed(text); });
    });
}

void AddOnsPage::addBehaviour()
{
    m_ofClass.push_back(addSection(tr("How the machines behave on the outer nodes")));
    m_eviction = new QComboBox;
    m_eviction->addItem(tr("Drain the inner node, then stop the VM (External)"), int(Eviction::External));
    m_eviction->addItem(tr("Migrate the VM live"), int(Eviction::LiveMigrate));
    m_eviction->addItem(tr("Migrate the VM live if it can be"), int(Eviction::LiveMigrateIfPossible));
    m_eviction->addItem(tr("Stop the VM"), int(Eviction::None));
    m_evictionField = addField("eviction", tr("When an outer node is &drained"), m_eviction);
    m_affinity = new QComboBox;
    m_affinity->addItem(tr("Spread them if possible"), int(AntiAffinity::Preferred));
    m_affinity->addItem(tr("Spread them always: one an outer node"), int(AntiAffinity::Required));
    m_affinity->addItem(tr("Anywhere"), int(AntiAffinity::None));
    m_affinityField = addField("antiAffinity", tr("Machines of one &pool"), m_affinity);
    connect(m_eviction, &QComboBox::activated, this, [this] {
        edit("eviction", [this](ClusterProfile& p) {
            p.eviction = static_cast<Eviction>(m_eviction->currentData().toInt());
        });
        showHints();
    });
    connect(m_affinity, &QComboBox::activated, this, [this] {
        edit("antiAffinity", [this](ClusterProfile& p) {
            p.antiAffinity = static_cast<AntiAffinity>(m_affinity->currentData().toInt());
        });
        showHints();
    });
}

void AddOnsPage::showHints()
{
    const ClusterProfile& p = model()->profile();
    m_keysField->setHint(p.sshKeys.empty()
                             ? tr("Without a key nobody can log in; the serial console still shows the boot.")
                             : tr("They may log in as the user strata on every machine."));
    m_checkField->setHint(
        p.bootstrapCheck == BootstrapCheck::Ssh
            ? tr("The provider's controller must reach the VMs' addresses. It makes a key of its own.")
            : tr("For a provider's controller that cannot reach the VMs: a machine counts as soon as it "
                 "joins."));
    m_evictionField->setHint(p.eviction == Eviction::External
                                 ? tr("Cluster API drains the inner node first; what Cluster API expects.")
                                 : QString());
    m_affinityField->setHint(p.antiAffinity == AntiAffinity::Required
                                 ? tr("What finds no outer node of its own stays pending.")
                                 : QString());
}

void AddOnsPage::load()
{
    const ClusterProfile& p = model()->profile();
    if (keysOf(m_keys->toPlainText()) != p.sshKeys) {
        QStringList lines;
        for (const std::string& key : p.sshKeys)
            lines << shown(key);
        m_keys->setPlainText(lines.join(QLatin1Char('\n')));
    }
    m_check->setCurrentIndex(dataIndex(m_check, int(p.bootstrapCheck)));
    m_health->setChecked(p.addOns.healthCheck);
    m_cloud->setChecked(p.addOns.cloudProvider);
    put(m_cloudImage, p.addOns.cloudProviderImage);
    m_cloudImageField->setVisible(p.addOns.cloudProvider && !p.classRef);
    m_cloudField->setVisible(!p.classRef || p.addOns.cloudProvider); // refused, when a profile wants it
    for (QWidget* widget : m_ofClass)
        widget->setVisible(!p.classRef);
    for (QWidget* widget : {static_cast<QWidget*>(m_keysField), static_cast<QWidget*>(m_checkField),
                            static_cast<QWidget*>(m_evictionField), static_cast<QWidget*>(m_affinityField)})
        widget->setVisible(!p.classRef);
    m_csi.enabled->setChecked(p.addOns.kubevirtCsi.enabled);
    put(m_csi.manifest->edit(), p.addOns.kubevirtCsi.manifest);
    m_csi.manifestField->setVisible(p.addOns.kubevirtCsi.enabled);
    put(m_csiController->edit(), p.addOns.kubevirtCsi.controller);
    m_csiControllerField->setVisible(p.addOns.kubevirtCsi.enabled);
    m_metrics.enabled->setChecked(p.addOns.metricsServer.enabled);
    put(m_metrics.manifest->edit(), p.addOns.metricsServer.manifest);
    m_metrics.manifestField->setVisible(p.addOns.metricsServer.enabled);
    m_eviction->setCurrentIndex(dataIndex(m_eviction, int(p.eviction)));
    m_affinity->setCurrentIndex(dataIndex(m_affinity, int(p.antiAffinity)));
    showHints();
}

} // namespace strata::ui
