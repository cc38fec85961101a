// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/clusterbootstrap.h"

#include "ui/console/bootstrapview.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {
namespace {

constexpr int kAskEveryMs = 4000;

} // namespace

ClusterBootstrap::ClusterBootstrap(QWidget* parent) : QWidget(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    auto* line = new QHBoxLayout;
    auto* title = new ThemedLabel(tr("Machine"), TextRole::Muted, this);
    m_box = new QComboBox(this);
    m_box->setAccessibleName(tr("Machine"));
    m_box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_none = new ThemedLabel(tr("No machine has been made yet."), TextRole::Muted, this);
    line->addWidget(title);
    line->addWidget(m_box);
    line->addWidget(m_none, 1);
    layout->addLayout(line);
    m_view = new BootstrapView(this);
    layout->addWidget(m_view, 1);
    m_box->hide();
    m_timer.setInterval(kAskEveryMs);
    connect(&m_timer, &QTimer::timeout, this, &ClusterBootstrap::ask);
    connect(m_box, &QComboBox::activated, this, [this](int index) {
        m_chosen = true;
        choose(index);
    });
    connect(m_view, &BootstrapView::changed, this, [this] {
        if (m_view->state().outcome != console::StageState::Done ||
            std::find(m_done.begin(), m_done.end(), m_current) != m_done.end())
            return;
        m_done.push_back(m_current);
        take(m_names);
    });
}

void ClusterBootstrap::follow(const ConsoleServices& services, stack::SourceId cluster, const std::string& ns,
                              const std::string& tenant)
{
    if (m_timer.isActive() && m_cluster == cluster && m_ns == ns && m_tenant == tenant)
        return;
    stop();
    m_services = services;
    m_cluster = cluster;
    m_ns = ns;
    m_tenant = tenant;
    m_names.clear();
    m_done.clear();
    m_current.clear();
    m_chosen = false;
    m_timer.start();
    ask();
}

void ClusterBootstrap::stop()
{
    m_timer.stop();
    m_view->stop();
}

void ClusterBootstrap::ask()
{
    m_services.machines(m_cluster, m_ns, m_tenant, this,
                        [this](const Result<std::vector<std::string>>& names) {
                            if (names && m_timer.isActive())
                                take(*names);
                        });
}

void ClusterBootstrap::take(const std::vector<std::string>& names)
{
    if (names != m_names) {
        m_names = names;
        m_box->clear();
        for (const std::string& name : m_names)
            m_box->addItem(shown(name));
    }
    m_box->setVisible(!m_names.empty());
    m_none->setVisible(m_names.empty());
    const auto isDone = [this](const std::string& name) {
        return std::find(m_done.begin(), m_done.end(), name) != m_done.end();
    };
    const auto current = std::find(m_names.begin(), m_names.end(), m_current);
    if (current != m_names.end() && (m_chosen || !isDone(m_current))) {
        m_box->setCurrentIndex(int(current - m_names.begin()));
        return;
    }
    for (std::size_t i = 0; i < m_names.size(); ++i) {
        if (!isDone(m_names[i])) {
            choose(int(i));
            return;
        }
    }
    if (current != m_names.end())
        m_box->setCurrentIndex(int(current - m_names.begin()));
}

void ClusterBootstrap::choose(int index)
{
    if (index < 0 || index >= int(m_names.size()))
        return;
    m_box->setCurrentIndex(index);
    if (m_current == m_names[std::size_t(index)])
        return;
    m_current = m_names[std::size_t(index)];
    m_view->follow(m_services, {m_cluster, {m_ns, m_current}, {}, m_tenant});
}

} // namespace strata::ui
