// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/wizardmodel.h"

#include "core/base/text.h"
#include "ui/stack/stackstore.h"
#include "ui/widgets/text.h"
#include "ui/wizard/clusterruns.h"

#include <QCoreApplication>
#include <QPointer>

#include <algorithm>

namespace strata::ui {

using namespace provision;

WizardModel::WizardModel(ClusterRuns* runs, StackStore* store, QObject* parent)
    : QObject(parent), m_runs(runs), m_store(store)
{
    startOver();
}

WizardModel::~WizardModel() = default;

void WizardModel::edit(const std::function<void(ClusterProfile&)>& change)
{
    ClusterProfile next = m_profile;
    change(next);
    if (next == m_profile)
        return;
    m_profile = std::move(next);
    m_serverProblems.clear();
    check();
    Q_EMIT changed();
}

void WizardModel::replace(ClusterProfile profile)
{
    m_profile = std::move(profile);
    m_serverProblems.clear();
    m_proposed = {};
    m_proposed.podCidr.clear(); // nothing of it is ours
    m_proposed.serviceCidr.clear();
    check();
    Q_EMIT replaced();
    Q_EMIT changed();
}

void WizardModel::startOver()
{
    m_profile = {};
    m_proposed = m_profile.network;
    m_proposedCni.clear();
    m_serverProblems.clear();
    newPlan();
    if (m_state == Survey::Known)
        adoptFreeNetworks();
    if (m_source != 0) {
        m_proposedCni = m_runs->cniManifest(m_source);
        m_profile.cni.manifest = m_proposedCni;
    }
    check();
    Q_EMIT replaced();
    Q_EMIT changed();
}

void WizardModel::newPlan()
{
    m_planId = newPlanId();
}

void WizardModel::setSource(stack::SourceId source)
{
    if (m_source == source)
        return;
    m_source = source;
    // A site without a way to the internet has a manifest of its own.
    if (m_profile.cni.manifest == m_proposedCni) {
        m_proposedCni = m_runs->cniManifest(source);
        m_profile.cni.manifest = m_proposedCni;
    }
    surveyAgain();
    Q_EMIT replaced();
}

void WizardModel::surveyAgain()
{
    const int asked = ++m_asked;
    m_preflight.reset();
    m_survey = {};
    const auto client = m_source != 0 ? m_runs->client(m_source) : nullptr;
    m_state = client ? Survey::Asking : Survey::None;
    check();
    Q_EMIT changed();
    if (!client)
        return;
    // What depends on a name is asked again before anything is written; here it is the site that counts.
    ClusterProfile asked_ = m_profile;
    if (!isDnsLabel(asked_.effectiveNamespace()) || asked_.name.empty()) {
        asked_.name = "new-cluster";
        asked_.nameSpace.clear();
    }
    PreflightOptions options;
    options.askSources = false; // that waits for the review
    m_preflight = Preflight::start(
        client, asked_,
        [guard = QPointer<WizardModel>(this), asked](const provision::Survey& survey) {
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [guard, asked, survey] {
                    if (guard && guard->m_asked == asked)
                        guard->take(survey);
                },
                Qt::QueuedConnection);
        },
        options);
}

void WizardModel::take(const provision::Survey& survey)
{
    m_survey = survey;
    const bool reached = std::any_of(survey.checks.begin(), survey.checks.end(), [](const Check& check) {
        return check.id == "reach" && check.verdict == CheckVerdict::Ok;
    });
    m_state = reached ? Survey::Known : Survey::Failed;
    placeHosts();
    // What the operator has not typed follows what is free.
    if (m_profile.network.podCidr == m_proposed.podCidr &&
        m_profile.network.serviceCidr == m_proposed.serviceCidr && reached)
        adoptFreeNetworks();
    check();
    Q_EMIT surveyed();
    Q_EMIT replaced();
    Q_EMIT changed();
}

void WizardModel::proposeNetworks()
{
    adoptFreeNetworks();
    m_serverProblems.clear();
    check();
    Q_EMIT replaced();
    Q_EMIT changed();
}

void WizardModel::adoptFreeNetworks()
{
    Networking next = m_profile.network;
    if (const auto free = proposeCidrs(m_survey.site.networks)) {
        next.podCidr = free->pods;
        next.serviceCidr = free->services;
    }
    const OverlayProposal overlay = proposeOverlay(m_survey.overlay);
    if (next.mtu == m_proposed.mtu)
        next.mtu = overlay.mtu;
    if (next.vxlanPort == m_proposed.vxlanPort)
        next.vxlanPort = overlay.vxlanPort;
    m_proposed = next;
    m_profile.network = next;
}

// Outer nodes stand on hosts; the stack knows on which.
void WizardModel::placeHosts()
{
    const stack::Stack& site = m_store->stack();
    for (const stack::ItemId root : site.roots(stack::Tree::Stack)) {
        const stack::Item* host = site.find(root);
        if (host == nullptr || host->kind != stack::ItemKind::Host)
            continue;
        for (const stack::ItemId child : host->childrenIn(stack::Tree::Stack)) {
            const stack::Item* node = site.find(child);
            if (node == nullptr || node->kind != stack::ItemKind::OuterNode || node->source != m_source)
                continue;
            for (NodeRoom& room : m_survey.nodes) {
                if (room.name == node->name)
                    room.host = host->name;
            }
        }
    }
}

QString WizardModel::siteProblem() const
{
    if (m_source == 0)
        return tr("No outer cluster is connected.");
    static const QStringList kOfTheProfile = {QStringLiteral("name"),    QStringLiteral("namespace"),
                                              QStringLiteral("storage"), QStringLiteral("networks"),
                                              QStringLiteral("quota"),   QStringLiteral("room"),
                                              QStringLiteral("rbac")};
    for (const Check& check : m_survey.checks) {
        if (check.verdict == CheckVerdict::Blocker && check.field.empty() &&
            !kOfTheProfile.contains(QString::fromStdString(check.id)))
            return tr("Not so: %1. %2").arg(shown(check.title), cleaned(check.evidence));
    }
    return {};
}

QString WizardModel::siteRemedy() const
{
    for (const Check& check : m_survey.checks) {
        if (check.verdict == CheckVerdict::Blocker && check.field.empty())
            return shown(check.remedy);
    }
    return {};
}

void WizardModel::setServerProblems(Problems problems)
{
    m_serverProblems = std::move(problems);
    check();
    Q_EMIT changed();
}

void WizardModel::check()
{
    m_problems = validate(m_profile, m_survey.site);
    const std::string full = m_profile.effectiveNamespace() + "/" + m_profile.name;
    if (!m_profile.name.empty() &&
        std::find(m_survey.clusters.begin(), m_survey.clusters.end(), full) != m_survey.clusters.end())
        m_problems.push_back({"name", tr("There is a cluster %1 already.").arg(cleaned(full)).toStdString(),
                              tr("Choose another name or namespace.").toStdString(), Severity::Error});
    const auto wantsClass = [this](const std::string& field, const MachineSize& size) {
        if (m_profile.classRef || m_profile.image.source == ImageSource::ContainerDisk ||
            !size.storageClass.empty() || !m_survey.site.storageClassesKnown ||
            !m_survey.defaultStorageClass.empty())
            return;
        m_problems.push_back({field + ".storageClass",
                              tr("The outer cluster has no default storage class.").toStdString(),
                              tr("Choose a storage class.").toStdString(), Severity::Error});
    };
    wantsClass("controlPlane.size", m_profile.controlPlane.size);
    for (std::size_t i = 0; i < m_profile.workers.size(); ++i)
        wantsClass("workers[" + std::to_string(i) + "].size", m_profile.workers[i].size);
    if (const QString problem = siteProblem(); !problem.isEmpty())
        m_problems.push_back({"context", problem.toStdString(), siteRemedy().toStdString(), Severity::Error});
    m_problems.insert(m_problems.end(), m_serverProblems.begin(), m_serverProblems.end());
    std::stable_sort(m_problems.begin(), m_problems.end(), [](const Problem& a, const Problem& b) {
        return a.severity == Severity::Error && b.severity != Severity::Error;
    });
    m_fit = provision::fit(demands(m_profile, m_survey.site.classOf(m_profile)), m_survey.nodes,
                           m_profile.antiAffinity, m_survey.costs);
}

} // namespace strata::ui
