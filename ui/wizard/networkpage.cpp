// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/networkpage.h"

#include "ui/widgets/leadingmargins.h"
#include "ui/widgets/themedlabel.h"
#include "ui/wizard/inputs.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSpinBox>
#include <QVBoxLayout>

namespace strata::ui {

using namespace provision;

NetworkPage::NetworkPage(WizardModel* model, QWidget* parent) : WizardPage(model, tr("Network"), {}, parent)
{
    addEndpoint();
    addAddresses();
    addCni();
    body()->addStretch(1);
}

void NetworkPage::addEndpoint()
{
    m_endpointHeading = addSection(tr("How the cluster's API is reached"));
    auto* choices = new QWidget;
    auto* layout = new QVBoxLayout(choices);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    auto* group = new QButtonGroup(choices);
    const struct {
        Endpoint endpoint;
        QString name;
        QString words;
    } kinds[] = {
        {Endpoint::LoadBalancer, tr("LoadBalancer"),
         tr("From outside, at an address that the outer cluster's load balancer gives. Needs one there "
            "(MetalLB, for example).")},
        {Endpoint::NodePort, tr("NodePort"),
         tr("A port of the outer nodes is opened, but the kubeconfig names the service's cluster address: "
            "reachable inside the outer cluster.")},
        {Endpoint::ClusterIp, tr("ClusterIP"), tr("Inside the outer cluster only. Needs nothing.")},
    };
    for (std::size_t i = 0; i < m_endpoints.size(); ++i) {
        m_endpoints[i] = new QRadioButton(kinds[i].name, choices);
        m_endpoints[i]->setAccessibleDescription(kinds[i].words);
        group->addButton(m_endpoints[i], int(kinds[i].endpoint));
        layout->addWidget(m_endpoints[i], 0, Qt::AlignLeading);
        auto* words = new ThemedLabel(kinds[i].words, TextRole::Muted, choices);
        words->setLook(0.9, QFont::Normal);
        words->setWordWrap(true);
        setLeadingMargins(words, 24, 0, 0, 6);
        layout->addWidget(words);
    }
    choices->setFocusProxy(m_endpoints[0]);
    m_endpointField = addField("endpoint", {}, choices);
    m_endpointField->setAccessibleName(tr("Endpoint"));
    connect(group, &QButtonGroup::idToggled, this, [this](int id, bool on) {
        if (on)
            edit("endpoint", [&](ClusterProfile& p) { p.endpoint = static_cast<Endpoint>(id); });
    });
}

void NetworkPage::addAddresses()
{
    addSection(tr("Addresses inside the cluster"));
    auto* row = new FieldRow(this);
    m_pods = new QLineEdit;
    m_services = new QLineEdit;
    row->add(field("network.podCidr", tr("&Pods"), m_pods,
                   tr("Proposed so that they collide with nothing around: outer nodes, pods and services, "
                      "and the other tenant clusters.")),
             1);
    row->add(field("network.serviceCidr", tr("&Services"), m_services), 1);
    auto* propose = new QPushButton(tr("Propose free &ones"), this);
    propose->setAutoDefault(false);
    row->addWidget(propose);
    body()->addWidget(row);
    m_domain = new QLineEdit;
    m_domain->setMaxLength(253);
    addField("network.serviceDomain", tr("Service &domain"), m_domain);

    auto* tunnel = new FieldRow(this);
    m_mtu = new QSpinBox;
    m_mtu->setRange(0, 9000);
    m_mtu->setSpecialValueText(tr("the CNI decides"));
    m_mtu->setSuffix(QString());
    m_port = new QSpinBox;
    m_port->setRange(0, 65535);
    m_port->setSpecialValueText(tr("the CNI decides"));
    m_mtuField = field("network.mtu", tr("&MTU of pods"), m_mtu);
    tunnel->add(m_mtuField, 1);
    tunnel->add(field("network.vxlanPort", tr("UDP port of the &tunnel (VXLAN)"), m_port), 1);
    tunnel->addStretch();
    body()->addWidget(tunnel);

    connect(m_pods, &QLineEdit::textEdited, this, [this](const QString& text) {
        edit("network.podCidr", [&](ClusterProfile& p) { p.network.podCidr = typed(text); });
    });
    connect(m_services, &QLineEdit::textEdited, this, [this](const QString& text) {
        edit("network.serviceCidr", [&](ClusterProfile& p) { p.network.serviceCidr = typed(text); });
    });
    connect(propose, &QPushButton::clicked, this, [this] { this->model()->proposeNetworks(); });
    connect(m_domain, &QLineEdit::textEdited, this, [this](const QString& text) {
        edit("network.serviceDomain", [&](ClusterProfile& p) { p.network.serviceDomain = typed(text); });
    });
    connect(m_mtu, &QSpinBox::valueChanged, this,
            [this](int value) { edit("network.mtu", [&](ClusterProfile& p) { p.network.mtu = value; }); });
    connect(m_port, &QSpinBox::valueChanged, this, [this](int value) {
        edit("network.vxlanPort", [&](ClusterProfile& p) { p.network.vxlanPort = value; });
    });
}

void NetworkPage::addCni()
{
    addSection(tr("Network plugin (CNI)"));
    m_cni = new QComboBox;
    m_cni->addItem(tr("Calico"), int(Cni::Calico));
    m_cni->addItem(tr("Cilium"), int(Cni::Cilium));
    m_cni->addItem(tr("None: I install one myself"), int(Cni::None));
    addField("cni.kind", tr("Plu&gin"), m_cni);
    m_manifest = new PathEdit(tr("Choose the manifest of the CNI"));
    m_manifestField = addField("cni.manifest", tr("M&anifest"), m_manifest);
    m_delivery = new QComboBox;
    m_delivery->addItem(tr("By Cluster API (ClusterResourceSet)"), int(CniDelivery::ResourceSet));
    m_delivery->addItem(tr("By Strata, into the new cluster's API"), int(CniDelivery::InnerApi));
    m_deliveryField = addField("cni.delivery", tr("How it gets &in"), m_delivery);
    m_proxy = new QCheckBox(tr("It &replaces kube-proxy"));
    m_proxyField = addField("cni.replacesKubeProxy", {}, m_proxy);

    connect(m_cni, &QComboBox::activated, this, [this] {
        edit("cni.kind", [this](ClusterProfile& p) {
            const auto kind = static_cast<Cni>(m_cni->currentData().toInt());
            if (kind == p.cni.kind)
                return;
            p.cni.kind = kind;
            // A manifest is of one plugin.
            p.cni.manifest = kind == Cni::Calico ? this->model()->siteManifest() : std::string();
            if (kind != Cni::Cilium)
                p.cni.replacesKubeProxy = false;
        });
        loadQuietly();
    });
    connect(m_manifest, &PathEdit::edited, this, [this](const QString& text) {
        edit("cni.manifest", [&](ClusterProfile& p) { p.cni.manifest = typed(text); });
    });
    connect(m_delivery, &QComboBox::activated, this, [this] {
        edit("cni.delivery", [this](ClusterProfile& p) {
            p.cni.delivery = static_cast<CniDelivery>(m_delivery->currentData().toInt());
        });
        showCni();
    });
    connect(m_proxy, &QCheckBox::toggled, this, [this](bool on) {
        edit("cni.replacesKubeProxy", [&](ClusterProfile& p) { p.cni.replacesKubeProxy = on; });
    });
}

void NetworkPage::showCni()
{
    const CniChoice& cni = model()->profile().cni;
    m_manifestField->setVisible(cni.kind != Cni::None);
    m_deliveryField->setVisible(cni.kind != Cni::None);
    m_proxyField->setVisible(cni.kind == Cni::Cilium && !model()->profile().classRef);
    m_manifest->edit()->setPlaceholderText(cni.kind == Cni::Calico ? shown(kCalicoManifest)
                                                                   : QStringLiteral("cilium.yaml"));
    m_manifestField->setHint(
        cni.kind == Cni::Calico
            ? tr("Left empty, Calico's release is fetched from the internet. Without a way there, name a "
                 "file "
                 "or folder. Network and MTU are set in it.")
            : tr("An https URL, a file or a folder: the output of “helm template cilium/cilium”."));
    m_deliveryField->setHint(cni.delivery == CniDelivery::ResourceSet
                                 ? tr("It is applied as soon as the API answers, also without Strata.")
                                 : tr("Strata must be able to reach the new API; manifests of any size."));
}

void NetworkPage::load()
{
    const ClusterProfile& p = model()->profile();
    m_endpointHeading->setVisible(!p.classRef); // else it is the class's
    m_endpointField->setVisible(!p.classRef);
    m_endpoints[0]->setChecked(p.endpoint == Endpoint::LoadBalancer);
    m_endpoints[1]->setChecked(p.endpoint == Endpoint::NodePort);
    m_endpoints[2]->setChecked(p.endpoint == Endpoint::ClusterIp);
    put(m_pods, p.network.podCidr);
    put(m_services, p.network.serviceCidr);
    put(m_domain, p.network.serviceDomain);
    m_domain->setPlaceholderText(p.name.empty() ? tr("NAME.NAMESPACE.local") : shown(p.effectiveDomain()));
    m_mtu->setValue(p.network.mtu);
    m_port->setValue(p.network.vxlanPort);
    m_mtuField->setHint(shown(proposeOverlay(model()->survey().overlay).why));
    m_cni->setCurrentIndex(dataIndex(m_cni, int(p.cni.kind)));
    put(m_manifest->edit(), p.cni.manifest);
    m_delivery->setCurrentIndex(dataIndex(m_delivery, int(p.cni.delivery)));
    m_proxy->setChecked(p.cni.replacesKubeProxy);
    showCni();
}

} // namespace strata::ui
