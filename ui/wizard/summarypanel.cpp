// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/summarypanel.h"

#include "core/base/quantity.h"
#include "ui/details/statepill.h"
#include "ui/theme/theme.h"
#include "ui/widgets/leadingmargins.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/wizard/fitchart.h"
#include "ui/wizard/wizardmodel.h"

#include <QGridLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace strata::ui {

using namespace provision;

namespace {

constexpr int kWidth = 292;
constexpr std::size_t kMostToMend = 5;

QString sizeText(const MachineSize& size)
{
    return SummaryPanel::tr("%1 vCPU, %2").arg(size.vcpus).arg(shown(size.memory));
}

} // namespace

SummaryPanel::SummaryPanel(WizardModel* model, std::function<QString(const std::string&)> labelOf,
                           QWidget* parent)
    : QWidget(parent), m_model(model), m_labelOf(std::move(labelOf))
{
    setFixedWidth(kWidth);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto* area = new QScrollArea(this);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* content = new QWidget(area);
    auto* layout = new QVBoxLayout(content);
    setLeadingMargins(layout, 20, 22, 18, 18);
    layout->setSpacing(6);
    m_name = new ThemedLabel(TextRole::Text, content);
    m_name->setLook(1.3, QFont::DemiBold);
    m_name->setWordWrap(true);
    m_place = new ThemedLabel(TextRole::Muted, content);
    m_place->setWordWrap(true);
    layout->addWidget(m_name);
    layout->addWidget(m_place);
    layout->addSpacing(8);
    m_facts = new QGridLayout;
    m_facts->setHorizontalSpacing(12);
    m_facts->setVerticalSpacing(5);
    m_facts->setColumnStretch(1, 1);
    layout->addLayout(m_facts);
    layout->addSpacing(12);
    m_fitPill = new StatePill(content);
    m_fitWords = new ThemedLabel(TextRole::Text, content);
    m_fitWords->setWordWrap(true);
    auto* pillLine = new QHBoxLayout;
    pillLine->addWidget(m_fitPill);
    pillLine->addStretch();
    layout->addLayout(pillLine);
    layout->addWidget(m_fitWords);
    layout->addSpacing(4);
    m_chart = new FitChart(content);
    layout->addWidget(m_chart);
    layout->addSpacing(12);
    m_mendTitle = new ThemedLabel(TextRole::Failed, content);
    m_mendTitle->setLook(1, QFont::DemiBold);
    layout->addWidget(m_mendTitle);
    m_mend = new QVBoxLayout;
    m_mend->setSpacing(2);
    layout->addLayout(m_mend);
    layout->addStretch(1);
    area->setWidget(content);
    content->setAutoFillBackground(false);
    area->viewport()->setAutoFillBackground(false);
    outer->addWidget(area);
    setMending({});
    refresh();
}

void SummaryPanel::refresh()
{
    showFacts();
    showFit();
}

void SummaryPanel::showFacts()
{
    const ClusterProfile& p = m_model->profile();
    m_name->showText(p.name.empty() ? tr("New tenant cluster") : shown(p.name));
    m_place->showText(
        p.name.empty()
            ? tr("What will exist")
            : tr("tenant %1 · namespace %2").arg(shown(p.effectiveTenant()), shown(p.effectiveNamespace())));
    std::vector<std::pair<QString, QString>> facts;
    facts.emplace_back(tr("Kubernetes"), shown(p.kubernetesVersion));
    if (p.classRef)
        facts.emplace_back(tr("Class"), shown(p.effectiveClassNamespace() + "/" + p.classRef->name));
    // With a ClusterClass the sizes are the class's, as far as it can be told.
    const auto vms = p.classRef ? demands(p, m_model->survey().site.classOf(p)) : std::vector<VmDemand>();
    const auto size = [&](const std::string& group, const MachineSize& own) {
        if (!p.classRef)
            return sizeText(own);
        for (const VmDemand& vm : vms) {
            if (vm.group == p.name + "-" + group)
                return sizeText({vm.vcpus, formatBytes(vm.guestMemory), {}, {}});
        }
        return tr("as the class says");
    };
    facts.emplace_back(tr("Control plane"),
                       tr("%1 × %2").arg(p.controlPlane.replicas).arg(size("cp", p.controlPlane.size)));
    std::int64_t disk = parseQuantity(p.controlPlane.size.disk).value_or(0) * p.controlPlane.replicas;
    for (const WorkerPool& pool : p.workers) {
        QString text = tr("%1 × %2").arg(pool.count).arg(size(pool.name, pool.size));
        if (pool.autoscaler)
            text += tr(", %1 to %2").arg(pool.autoscaler->min).arg(pool.autoscaler->max);
        facts.emplace_back(tr("Pool %1").arg(shown(pool.name)), text);
        disk += parseQuantity(pool.size.disk).value_or(0) * pool.count;
    }
    if (!p.classRef)
        facts.emplace_back(tr("Disks"), p.image.source == ImageSource::ContainerDisk
                                            ? tr("none that last")
                                            : shown(formatBytes(disk)));
    if (!p.classRef)
        facts.emplace_back(tr("API"), p.endpoint == Endpoint::LoadBalancer ? tr("load balancer")
                                      : p.endpoint == Endpoint::NodePort   ? tr("node port, inside")
                                                                           : tr("cluster address, inside"));
    facts.emplace_back(tr("Pods"), shown(p.network.podCidr));
    facts.emplace_back(tr("Services"), shown(p.network.serviceCidr));
    facts.emplace_back(tr("Network"), p.cni.kind == Cni::Calico   ? tr("Calico")
                                      : p.cni.kind == Cni::Cilium ? tr("Cilium")
                                                                  : tr("none yet"));
    while (m_rows.size() < facts.size()) {
        auto* key = new ThemedLabel(TextRole::Muted, this);
        auto* value = new ThemedLabel(TextRole::Text, this);
        value->setWordWrap(true);
        const int row = int(m_rows.size());
        m_facts->addWidget(key, row, 0, Qt::AlignTop);
        m_facts->addWidget(value, row, 1, Qt::AlignTop);
        m_rows.emplace_back(key, value);
    }
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const bool used = i < facts.size();
        m_rows[i].first->setVisible(used);
        m_rows[i].second->setVisible(used);
        if (used) {
            m_rows[i].first->showText(elided(m_rows[i].first->fontMetrics(), facts[i].first, 110));
            m_rows[i].second->showText(facts[i].second);
        }
    }
}

void SummaryPanel::showFit()
{
    const Fit& fit = m_model->fit();
    const bool known = m_model->fitKnown();
    m_chart->setVisible(known);
    if (!known) {
        const bool asking = m_model->surveyState() == WizardModel::Survey::Asking;
        m_fitPill->show(asking ? stack::Health::Progressing : stack::Health::Unknown,
                        asking ? tr("asking") : tr("room not known"));
        m_fitWords->showText(asking ? tr("How much room there is on the outer nodes…") : shown(fit.summary));
        if (!asking)
            m_fitWords->showText(tr("The outer nodes or their pods cannot be read."));
        return;
    }
    const bool fits = fit.fits();
    m_fitPill->show(!fits       ? stack::Health::Failed
                    : fit.tight ? stack::Health::Warning
                                : stack::Health::Ok,
                    !fits       ? tr("does not fit")
                    : fit.tight ? tr("fits barely")
                                : tr("fits"));
    QString words = shown(fit.summary);
    for (const Placement& placement : fit.placements) {
        if (placement.node.empty()) {
            words +=
                QLatin1Char('\n') + shown(placement.vm.name) + QStringLiteral(": ") + shown(placement.why);
            break;
        }
    }
    m_fitWords->showText(words);
    m_chart->show(m_model->survey().nodes, fit);
}

void SummaryPanel::setMending(const Problems& problems)
{
    m_mendFields.clear();
    for (const Problem& problem : problems) {
        if (m_mendFields.size() < kMostToMend)
            m_mendFields.push_back(problem.field);
    }
    m_mendTitle->showText(tr("%n to mend", nullptr, int(problems.size())));
    m_mendTitle->setVisible(!problems.empty());
    while (m_mendButtons.size() < m_mendFields.size()) {
        auto* made = new QPushButton(this);
        made->setProperty("flat", true);
        made->setFlat(true);
        made->setAutoDefault(false);
        made->setCursor(Qt::PointingHandCursor);
        const std::size_t at = m_mendButtons.size();
        connect(made, &QPushButton::clicked, this, [this, at] {
            if (at < m_mendFields.size())
                Q_EMIT fieldWanted(m_mendFields[at]);
        });
        m_mend->addWidget(made, 0, Qt::AlignLeading);
        m_mendButtons.push_back(made);
    }
    for (std::size_t i = 0; i < m_mendButtons.size(); ++i) {
        const bool used = i < m_mendFields.size();
        m_mendButtons[i]->setVisible(used);
        if (!used)
            continue;
        QString label = m_labelOf(m_mendFields[i]);
        if (label.isEmpty())
            label = shown(m_mendFields[i]);
        label.replace(QLatin1Char('&'), QLatin1String("&&"));
        m_mendButtons[i]->setText(label);
        m_mendButtons[i]->setToolTip(plainToolTip(shown(problems[i].text)));
    }
}

} // namespace strata::ui
