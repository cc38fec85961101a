// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/basicspage.h"

#include "ui/stack/stackstore.h"
#include "ui/widgets/text.h"
#include "ui/wizard/inputs.h"

#include <QComboBox>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace strata::ui {

using namespace provision;

BasicsPage::BasicsPage(WizardModel* model, QWidget* parent)
    : WizardPage(model, tr("Basics"),
                 tr("A name is enough: everything else has a value that works. Each page can be changed "
                    "before anything is written."),
                 parent)
{
    m_name = new QLineEdit;
    m_name->setMaxLength(80);
    m_name->setPlaceholderText(tr("for example blue"));
    addField("name", tr("Na&me of the cluster"), m_name,
             tr("Machines, services and secrets are named after it."));

    auto* row = new FieldRow(this);
    m_tenant = new QLineEdit;
    m_tenant->setMaxLength(80);
    m_namespace = new QLineEdit;
    m_namespace->setMaxLength(80);
    row->add(field("tenant", tr("&Tenant"), m_tenant), 1);
    row->add(field("namespace", tr("Namespa&ce"), m_namespace,
                   tr("Left empty, both are the name. The namespace is made when it does not exist.")),
             1);
    body()->addWidget(row);

    m_version = new QComboBox;
    m_version->setEditable(true);
    m_version->setInsertPolicy(QComboBox::NoInsert);
    m_version->setCompleter(nullptr);
    m_versionField = addField("kubernetesVersion", tr("&Kubernetes version"), m_version);

    m_class = new QComboBox;
    m_classField = addField("clusterClass.name", tr("Described &by"), m_class);
    alias("clusterClass.namespace", m_classField);
    touch("clusterClass.name");

    m_context = new QComboBox;
    m_contextField = addField("context", tr("&Outer cluster"), m_context);
    touch("context");
    body()->addStretch(1);

    connect(m_name, &QLineEdit::textEdited, this, [this](const QString& text) {
        edit("name", [&](ClusterProfile& p) { p.name = typed(text); });
        loadQuietly();
    });
    connect(m_tenant, &QLineEdit::textEdited, this, [this](const QString& text) {
        edit("tenant", [&](ClusterProfile& p) { p.tenant = typed(text); });
    });
    connect(m_namespace, &QLineEdit::textEdited, this, [this](const QString& text) {
        edit("namespace", [&](ClusterProfile& p) { p.nameSpace = typed(text); });
        touch("name"); // taken or not, that is told beside the name
    });
    connect(m_version, &QComboBox::currentTextChanged, this, [this](const QString& text) {
        edit("kubernetesVersion", [&](ClusterProfile& p) { p.kubernetesVersion = typed(text); });
    });
    connect(m_class, &QComboBox::activated, this, [this] {
        edit("clusterClass.name", [this](ClusterProfile& p) {
            const QStringList parts = m_class->currentData().toStringList();
            for (WorkerPool& pool : p.workers)
                pool.workerClass.clear();
            if (parts.size() != 2) {
                p.classRef.reset();
                return;
            }
            p.classRef = ClassChoice{parts[1].toStdString(), parts[0].toStdString(), {}};
            if (const KnownClass* known = this->model()->survey().site.classOf(p)) {
                for (WorkerPool& pool : p.workers) {
                    if (!known->workerClasses.empty())
                        pool.workerClass = known->workerClasses.front();
                }
            }
        });
        loadQuietly();
    });
    connect(m_context, &QComboBox::activated, this,
            [this] { this->model()->setSource(m_context->currentData().toUInt()); });
    connect(this->model(), &WizardModel::surveyed, this, &BasicsPage::fillVersions);
    connect(this->model(), &WizardModel::surveyed, this, &BasicsPage::loadQuietly);
    connect(this->model()->store(), &StackStore::changed, this, [this](const stack::StackDelta& delta) {
        if (!delta.sources.empty())
            fillContexts();
    });
    fillContexts();
    fillVersions();
}

void BasicsPage::load()
{
    const ClusterProfile& p = model()->profile();
    put(m_name, p.name);
    put(m_tenant, p.tenant);
    put(m_namespace, p.nameSpace);
    const QString name = p.name.empty() ? tr("the name") : shown(p.name);
    m_tenant->setPlaceholderText(name);
    m_namespace->setPlaceholderText(name);
    if (m_version->currentText() != shown(p.kubernetesVersion))
        m_version->setEditText(shown(p.kubernetesVersion));
    fillClasses();
    const int at = m_context->findData(model()->source());
    if (at >= 0)
        m_context->setCurrentIndex(at);
    switch (model()->surveyState()) {
    case WizardModel::Survey::Asking:
        m_contextField->setHint(tr("Asking what is installed and how much room there is…"));
        break;
    case WizardModel::Survey::Known: {
        const Capabilities& server = model()->survey().server;
        QStringList words;
        const auto add = [&words](const QString& what, const std::string& release) {
            words << (release.empty() ? what : what + QLatin1Char(' ') + shown(release));
        };
        add(tr("Cluster API"), server.clusterApiRelease);
        add(tr("CAPK"), server.capkRelease);
        add(tr("KubeVirt"), server.kubevirtRelease);
        if (server.hasCdi)
            words << tr("CDI");
        m_contextField->setHint(words.join(QStringLiteral(" · ")));
        break;
    }
    default:
        m_contextField->setHint({});
        break;
    }
}

// Only where there is a class, or a profile wants one.
void BasicsPage::fillClasses()
{
    const QSignalBlocker quiet(m_class);
    const ClusterProfile& p = model()->profile();
    m_class->clear();
    m_class->addItem(tr("Strata: each part by itself"), QStringList());
    int at = 0;
    for (const KnownClass& known : model()->survey().site.classes) {
        if (p.classRef && known.name == p.classRef->name && known.ns == p.effectiveClassNamespace())
            at = m_class->count();
        m_class->addItem(tr("ClusterClass %1").arg(shown(known.title())),
                         QStringList{shown(known.ns), shown(known.name)});
    }
    if (p.classRef && at == 0) { // of a profile made for another site: shown as it is, validation tells
        at = m_class->count();
        m_class->addItem(
            tr("ClusterClass %1").arg(shown(p.effectiveClassNamespace() + "/" + p.classRef->name)),
            QStringList{shown(p.effectiveClassNamespace()), shown(p.classRef->name)});
    }
    m_class->setCurrentIndex(at);
    m_classField->setVisible(m_class->count() > 1);
    m_classField->setHint(at == 0
                              ? tr("Every object is yours to see and change.")
                              : tr("Image, sizes and behaviour are the class's; its variables can be set. "
                                   "Cluster API makes the parts and keeps them so."));
}

void BasicsPage::fillContexts()
{
    const QSignalBlocker quiet(m_context);
    m_context->clear();
    const stack::Stack& site = model()->store()->stack();
    for (const stack::SourceId id : site.sources()) {
        const stack::SourceState* source = site.source(id);
        if (source == nullptr || source->kind != stack::SourceKind::OuterCluster)
            continue;
        QString text = shown(source->name);
        if (!source->version.empty())
            text += QStringLiteral("   ") + shown(source->version);
        m_context->addItem(text, id);
    }
    const int at = m_context->findData(model()->source());
    if (at >= 0)
        m_context->setCurrentIndex(at);
    else if (m_context->count() > 0)
        model()->setSource(m_context->currentData().toUInt());
    m_context->setEnabled(m_context->count() > 0);
}

// One release a minor that the installed Cluster API supports, newest first.
void BasicsPage::fillVersions()
{
    const QSignalBlocker quiet(m_version);
    const QString now = m_version->currentText();
    m_version->clear();
    const std::string release = model()->survey().server.clusterApiRelease;
    const VersionRange range = supportedWorkloadMinors(release).value_or(VersionRange{31, 36});
    for (int minor = range.maxMinor; minor >= range.minMinor; --minor)
        m_version->addItem(QStringLiteral("v1.%1.1").arg(minor));
    m_version->setEditText(now.isEmpty() ? shown(model()->profile().kubernetesVersion) : now);
    m_versionField->setHint(
        release.empty()
            ? tr("A node image of exactly this version must exist.")
            : tr("Cluster API %1 supports v1.%2 to v1.%3. A node image of exactly this version must exist.")
                  .arg(shown(release))
                  .arg(range.minMinor)
                  .arg(range.maxMinor));
}

} // namespace strata::ui
